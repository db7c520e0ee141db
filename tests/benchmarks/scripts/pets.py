"""Chollet 2017, 5.2, as a plain Keras script: from scratch, or with augmentation and dropout (`augmented`)."""

import sys
import time

import keras
import tensorflow as tf
from keras import Input, Sequential, layers
from keras.optimizers import RMSprop

folder, kind, epochs, steps = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
augmented = kind == "augmented"
batch = 32 if augmented else 20
rescale = layers.Rescaling(1 / 255)
augmentation = Sequential(
    [
        layers.RandomFlip("horizontal"),
        layers.RandomRotation(40 / 360, fill_mode="nearest"),
        layers.RandomTranslation(0.2, 0.2, fill_mode="nearest"),
        layers.RandomShear(0.2, fill_mode="nearest"),
        layers.RandomZoom((-0.2, 0.2), (-0.2, 0.2), fill_mode="nearest"),
    ]
)


def read(part: str, *, shuffle: bool) -> tf.data.Dataset:
    return keras.utils.image_dataset_from_directory(
        f"{folder}/{part}",
        label_mode="binary",
        image_size=(150, 150),
        interpolation="nearest",
        batch_size=batch,
        shuffle=shuffle,
        verbose=False,
    )


def changed(x, y):
    x = rescale(x)
    return (augmentation(x, training=True) if augmented else x), y


train = (
    read("train", shuffle=True).repeat().map(changed, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)
)
validation = read("validation", shuffle=False)
validation = validation.map(lambda x, y: (rescale(x), y), num_parallel_calls=tf.data.AUTOTUNE).prefetch(
    tf.data.AUTOTUNE
)
model = Sequential([Input((150, 150, 3))])
for filters in (32, 64, 128, 128):
    model.add(layers.Conv2D(filters, (3, 3), activation="relu"))
    model.add(layers.MaxPooling2D((2, 2)))
model.add(layers.Flatten())
if augmented:
    model.add(layers.Dropout(0.5))
model.add(layers.Dense(512, "relu"))
model.add(layers.Dense(1, "sigmoid"))
model.compile(optimizer=RMSprop(learning_rate=1e-4), loss="binary_crossentropy", metrics=["accuracy"])
began = time.perf_counter()
history = model.fit(train, steps_per_epoch=steps, epochs=epochs, validation_data=validation, verbose=0)
print("training seconds", time.perf_counter() - began)
print("score", max(history.history["val_accuracy"]))

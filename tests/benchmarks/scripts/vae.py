"""Chollet 2017, 8.4, as one writes it for Keras 3: a model with its own training step."""

import sys
import time

import keras
import numpy as np
import tensorflow as tf
from keras import Input, Model, layers

path, epochs, steps = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
with np.load(path) as file:
    images = file["x_train"].reshape((60000, 28, 28, 1)).astype("float32") / 255

image = Input((28, 28, 1))
x = layers.Conv2D(32, 3, padding="same", activation="relu")(image)
x = layers.Conv2D(64, 3, padding="same", activation="relu", strides=2)(x)
x = layers.Conv2D(64, 3, padding="same", activation="relu")(x)
x = layers.Conv2D(64, 3, padding="same", activation="relu")(x)
x = layers.Dense(32, activation="relu")(layers.Flatten()(x))
encoder = Model(image, [layers.Dense(2)(x), layers.Dense(2)(x)])
latent = Input((2,))
x = layers.Reshape((14, 14, 64))(layers.Dense(14 * 14 * 64, activation="relu")(latent))
x = layers.Conv2DTranspose(32, 3, padding="same", activation="relu", strides=2)(x)
decoder = Model(latent, layers.Conv2D(1, 3, padding="same", activation="sigmoid")(x))


class Vae(Model):
    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder
        self.seed = keras.random.SeedGenerator(1)
        self.losses_seen = [keras.metrics.Mean(name=name) for name in ("loss", "reconstruction_loss", "kl_loss")]

    @property
    def metrics(self):
        return self.losses_seen

    def train_step(self, data):
        with tf.GradientTape() as tape:
            mean, log_variance = self.encoder(data, training=True)
            drawn = mean + tf.exp(log_variance) * keras.random.normal(tf.shape(mean), seed=self.seed)
            reconstruction = tf.reduce_mean(keras.losses.binary_crossentropy(data, self.decoder(drawn, training=True)))
            kl = -5e-4 * tf.reduce_mean(1 + log_variance - tf.square(mean) - tf.exp(log_variance))
            loss = reconstruction + kl
        self.optimizer.apply_gradients(
            zip(tape.gradient(loss, self.trainable_weights), self.trainable_weights, strict=True)
        )
        for metric, value in zip(self.losses_seen, (loss, reconstruction, kl), strict=True):
            metric.update_state(value)
        return {metric.name: metric.result() for metric in self.losses_seen}


model = Vae()
model.compile(optimizer="rmsprop")
began = time.perf_counter()
batches = tf.data.Dataset.from_tensor_slices(images).shuffle(60000).repeat().batch(16).prefetch(tf.data.AUTOTUNE)
history = model.fit(batches, epochs=epochs, steps_per_epoch=steps, verbose=0)
print("training seconds", time.perf_counter() - began)
print("score", history.history["loss"][-1])

"""The networks of configs/gan.yaml as one writes a GAN for Keras 3: a model with its own training step."""

import sys
import time

import keras
import numpy as np
import tensorflow as tf
from keras import Input, Model, Sequential, layers

path, epochs = sys.argv[1], int(sys.argv[2])
with np.load(path) as file:
    images = file["x_train"][file["y_train"] == 7].reshape((-1, 28, 28, 1)).astype("float32") / 127.5 - 1
LATENT = 64

generator = Sequential(
    [
        Input((LATENT,)),
        layers.Dense(7 * 7 * 128),
        layers.LeakyReLU(0.2),
        layers.Reshape((7, 7, 128)),
        layers.Conv2DTranspose(64, 4, strides=2, padding="same"),
        layers.LeakyReLU(0.2),
        layers.Conv2DTranspose(32, 4, strides=2, padding="same"),
        layers.LeakyReLU(0.2),
        layers.Conv2D(1, 7, padding="same", activation="tanh"),
    ]
)
discriminator = Sequential(
    [
        Input((28, 28, 1)),
        layers.Conv2D(64, 4, strides=2, padding="same"),
        layers.LeakyReLU(0.2),
        layers.Conv2D(128, 4, strides=2, padding="same"),
        layers.LeakyReLU(0.2),
        layers.Flatten(),
        layers.Dropout(0.3),
        layers.Dense(1),
    ]
)
entropy = keras.losses.BinaryCrossentropy(from_logits=True)


class Gan(Model):
    def __init__(self):
        super().__init__()
        self.generator, self.discriminator = generator, discriminator
        self.seed = keras.random.SeedGenerator(1)
        self.seen = [keras.metrics.Mean(name=name) for name in ("d_loss", "g_loss")]

    def compile(self):
        super().compile()
        self.d_optimizer = keras.optimizers.Adam(5e-4, beta_1=0.5)
        self.g_optimizer = keras.optimizers.Adam(5e-4, beta_1=0.5)

    @property
    def metrics(self):
        return self.seen

    def train_step(self, real):
        rows = tf.shape(real)[0]
        made = self.generator(keras.random.normal((rows, LATENT), seed=self.seed), training=True)
        both = tf.concat([real, made], axis=0)
        targets = tf.concat([0.9 * tf.ones((rows, 1)), tf.zeros((rows, 1))], axis=0)
        with tf.GradientTape() as tape:
            d_loss = entropy(targets, self.discriminator(both, training=True))
        weights = self.discriminator.trainable_weights
        self.d_optimizer.apply_gradients(zip(tape.gradient(d_loss, weights), weights, strict=True))
        latent = keras.random.normal((rows, LATENT), seed=self.seed)
        with tf.GradientTape() as tape:
            judged = self.discriminator(self.generator(latent, training=True), training=True)
            g_loss = entropy(tf.ones((rows, 1)), judged)
        weights = self.generator.trainable_weights
        self.g_optimizer.apply_gradients(zip(tape.gradient(g_loss, weights), weights, strict=True))
        for metric, value in zip(self.seen, (d_loss, g_loss), strict=True):
            metric.update_state(value)
        return {metric.name: metric.result() for metric in self.seen}


model = Gan()
model.compile()
began = time.perf_counter()
history = model.fit(images, batch_size=64, epochs=epochs, verbose=0)
print("training seconds", time.perf_counter() - began)
print("score", history.history["d_loss"][-1])

"""The model family `tsmixer`: dense layers that mix time steps and columns in turn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from dlpy.components.model import Model
from dlpy.data.task import Task
from dlpy.models._series_windows import check_windows
from dlpy.models.dense import Activation, Rate

if TYPE_CHECKING:
    import keras


class TSMixer(Model):
    """Blocks of two residual steps: a dense layer across the time steps, and a small network across the columns.

    Then a dense layer across the time steps gives the forecasts. Source: Chen et al. 2023, TSMixer: An All-MLP
    Architecture for Time Series Forecasting, arXiv:2303.06053, with layer normalization instead of batch normalization.
    """

    name: Literal["tsmixer"] = "tsmixer"
    blocks: Annotated[int, Field(gt=0)] = 2
    """Number of blocks."""
    size: Annotated[int, Field(gt=0)] = 16
    """Number of channels that the columns are mapped to."""
    feed_forward: Annotated[int, Field(gt=0)] = 32
    """Size of the hidden layer of the network across the channels."""
    dropout: Rate = 0.1
    """Dropout rate behind each dense layer of a block."""
    activation: Activation = "relu"
    """Activation function of the dense layers in the blocks."""

    def check(self, task: Task) -> None:
        check_windows(task, "tsmixer")

    def build(self, task: Task) -> keras.Model:
        import keras
        from keras import layers

        inputs = keras.Input(task.input.shape, name="input")
        x = layers.Dense(self.size, name="channels")(inputs)
        for number in range(self.blocks):
            x = self._mixed_in_time(x, f"block_{number + 1}_time")
            x = self._mixed_in_channels(x, f"block_{number + 1}_channels")
        x = layers.Flatten(name="flatten")(layers.Dense(max(1, self.size // 4), name="reduced")(x))
        return keras.Model(inputs, layers.Dense(task.output.units, dtype="float32", name="target")(x))

    def _mixed_in_time(self, x: Any, name: str) -> Any:
        from keras import layers

        y = layers.Permute((2, 1), name=f"{name}_turned")(layers.LayerNormalization(name=f"{name}_normalized")(x))
        y = layers.Dense(y.shape[-1], activation=self.activation, name=name)(y)
        y = layers.Permute((2, 1), name=f"{name}_turned_back")(layers.Dropout(self.dropout, name=f"{name}_dropout")(y))
        return layers.Add(name=f"{name}_added")([x, y])

    def _mixed_in_channels(self, x: Any, name: str) -> Any:
        from keras import layers

        y = layers.LayerNormalization(name=f"{name}_normalized")(x)
        y = layers.Dense(self.feed_forward, activation=self.activation, name=f"{name}_wide")(y)
        y = layers.Dense(self.size, name=name)(layers.Dropout(self.dropout, name=f"{name}_dropout")(y))
        return layers.Add(name=f"{name}_added")([x, layers.Dropout(self.dropout, name=f"{name}_dropout_2")(y)])

"""The base class of plots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from dlpy.core.errors import ConfigError
from dlpy.core.options import Component
from dlpy.core.registry import Registry

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from dlpy.runs.directory import Run


class Plot(Component):
    """Plots a run, or several runs together, from the files in their directories."""

    registry = Registry[type["Plot"]]("plot", "dlpy.plots")
    overlays: ClassVar[bool] = False  # whether it shows several runs together
    shows_predictions: ClassVar[bool] = False  # whether each figure shows nothing but the predictions of its part
    shows_training: ClassVar[bool] = False  # whether it shows what is settled when a training ends

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        needed = [name for name, field in cls.model_fields.items() if name != "name" and field.is_required()]
        if needed:  # refused here, since otherwise the end of every run would fail
            raise ConfigError(f"plot '{cls.__name__}': give these options a default: {', '.join(needed)}.")
        super().__pydantic_init_subclass__(**kwargs)

    def draw(self, runs: list[Run]) -> dict[str, Figure]:
        """Return figures by the suffix of their file `<plot>-<suffix>.png`, such as the split: validation, test.

        The suffix of a single figure is the empty text. Return {} if the plot does not apply to the runs.
        """
        raise self.lacks("draw")

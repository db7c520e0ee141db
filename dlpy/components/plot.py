"""The base class of plots: they draw a run from the files in its directory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from dlpy.core.errors import ConfigError
from dlpy.core.options import Component
from dlpy.core.registry import Registry

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from dlpy.runs.directory import Run


class Plot(Component):
    """Draws pictures of a run, or of several runs together, from the files in their directories."""

    registry = Registry[type["Plot"]]("plot", "dlpy.plots")
    overlays: ClassVar[bool] = False  # it shows several runs together; the other plots show one

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        needed = [name for name, field in cls.model_fields.items() if name != "name" and field.is_required()]
        if needed:  # before it is registered: every run's end would fail by it
            raise ConfigError(f"plot '{cls.__name__}' must have defaults for its options: {', '.join(needed)}.")
        super().__pydantic_init_subclass__(**kwargs)

    def draw(self, runs: list[Run]) -> dict[str, Figure]:
        """Return a figure for each part (validation, test, ...), by its name in the file's name: `<plot>-<part>.png`.

        Where there is only one picture its part is the empty text; the dictionary is empty where none would apply.
        """
        raise self.lacks("draw")

"""The model family `graph`: layers of Keras and families of dlpy, connected in any way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import WithJsonSchema, model_validator

from dlpy.components.model import Model, PretrainedModel
from dlpy.core.errors import ConfigError, ConfigErrors
from dlpy.data.task import Task
from dlpy.models._mistakes import invalid
from dlpy.models._outputs import add_output
from dlpy.models._sequences import refuse_any_tokens
from dlpy.networks.build import below_the_ends, connected, input_tensors
from dlpy.networks.flow import flows_of, misfits
from dlpy.networks.keras_layers import LAYERS
from dlpy.networks.lengths import losing_masks, of_any_length
from dlpy.networks.links import origin, sources, unused, wrong_links
from dlpy.networks.nodes import STEPS, Node, parse_nodes

if TYPE_CHECKING:
    import keras

_NAMES = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}
_LAYER_SCHEMA = {
    "anyOf": [
        {"enum": sorted(LAYERS)},
        {"type": "object", "required": ["layer"], "properties": {"layer": {"enum": sorted(LAYERS)}, "of": _NAMES}},
        {"type": "object", "required": ["family"], "properties": {"family": {"type": "string"}, "of": _NAMES}},
        {"type": "object", "required": ["like"], "properties": {"like": {"type": "string"}, "of": _NAMES}},
    ]
}
_LAYERS_SCHEMA = {"type": "object", "additionalProperties": _LAYER_SCHEMA, "minProperties": 1}


class Graph(PretrainedModel):
    """Layers by name, connected in any way: several inputs, several outputs, branches, and shared weights.

    A layer is one of Keras with its options, {layer: LSTM, units: 32}; a model family without its last layer,
    {family: convnet, filters: [32, 64]}, which gives one vector for each row, or with `steps: true`, where the family
    can, one for each token or time step; or another use of a layer above with the same weights, {like: read}. A wrapper
    has its layer in `wrapped`: {layer: Bidirectional, wrapped: {layer: LSTM, units: 32}}.
    """

    masks_padding = True  # where the input has no fixed length
    takes_several = True
    predicts_steps = True
    reads_codes = True  # where the block over the input does

    name: Literal["graph"] = "graph"
    layers: Annotated[dict[str, Any], WithJsonSchema(_LAYERS_SCHEMA)]
    """Layers in the order in which data flows. `of` is what goes in: an input, a layer above, or a list of them for
    layers that merge; default: the layer above, or the only input."""
    outputs: dict[str, str] | None = None
    """Layer that each output of the data is predicted from, such as {price: joined, sold: joined}; the last layer of
    the network is added. Default for a single output: the last of the layers."""

    @model_validator(mode="after")
    def _connected(self) -> Graph:
        nodes, found = parse_nodes(self.layers)
        found = [(("layers", *keys), message) for keys, message in found]
        if not found:
            found = list(wrong_links(nodes, self.outputs))
        if not self.layers:
            found = [(("layers",), "must not be empty.")]
        if not found:
            found = list(unused(nodes, list((self.outputs or {0: nodes[-1].name}).values())))
        if found:
            values = {"layers": self.layers, "outputs": self.outputs or {}}
            raise invalid("graph", found, values)
        return self

    def nodes(self) -> list[Node]:
        """Return the layers in order."""
        return parse_nodes(self.layers)[0]

    def check(self, task: Task) -> None:
        refuse_any_tokens(task, "graph")
        found = misfits(self.nodes(), self.outputs, task)
        if found:
            raise ConfigErrors(found)

    def build(self, task: Task) -> keras.Model:
        import keras

        nodes = self.nodes()
        given = input_tensors(task, of_any_length(nodes, self.outputs, task))
        try:
            tensors = connected(nodes, task, given)
        except ConfigErrors as error:
            raise ConfigError(*(f"model.{line}" for line in error.args)) from error
        ends = self.outputs or dict.fromkeys(task.outputs, nodes[-1].name)
        made = {name: add_output(tensors[ends[name]], output, name) for name, output in task.outputs.items()}
        inputs, outputs = (next(iter(some.values())) if len(some) == 1 else some for some in (given, made))
        return keras.Model(inputs, outputs)

    def base_layers(self, model: keras.Model) -> list[keras.layers.Layer]:
        return below_the_ends(model)

    def uses(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        by_name = {node.name: node for node in self.nodes()}
        for node in by_name.values():
            found.setdefault(origin(node, by_name).name, []).append(node.name)
        return found

    def outside_files(self) -> dict[str, Path]:
        return {
            f"model.layers.{name}.{option.removeprefix('model.')}": path
            for name, family in self._pretrained().items()
            for option, path in family.outside_files().items()
        }

    def pinned(self) -> Model:
        return self._with({name: family.pinned() for name, family in self._pretrained().items()})

    def resolved(self, task: Task) -> Model:
        return self._with(self._over_blocks(task, lambda family, view: family.resolved(view)))

    def notice(self, task: Task) -> str | None:
        lines = self._over_blocks(task, lambda family, view: _notice(family, view))
        ignoring = losing_masks(self.nodes(), list(task.inputs))
        lines |= {name: f"{kind} takes padding for data: it ignores masks" for name, kind in ignoring.items()}
        return "; ".join(f"{name}: {line}" for name, line in lines.items() if line) or None

    def initialize(self, model: keras.Model) -> None:
        for name, family in self._pretrained().items():
            family.initialize(model.get_layer(name))

    def check_phases(self) -> None:
        for family in self._pretrained().values():
            family.check_phases()

    def _blocks(self) -> dict[str, Model]:
        """Return the families that are blocks, by the name of the layer."""
        return {node.name: node.family for node in self.nodes() if node.family}

    def _pretrained(self) -> dict[str, PretrainedModel]:
        return {name: family for name, family in self._blocks().items() if isinstance(family, PretrainedModel)}

    def _over_blocks(self, task: Task, function: Callable[[Model, Task], Any]) -> dict[str, Any]:
        """Return a function's result for each family whose input is known without building the network."""
        flows, nodes = flows_of(self.nodes(), task), {node.name: node for node in self.nodes()}
        found = {}
        for name, source in _first_sources(list(nodes.values()), task).items():
            view = flows[source].view(steps=nodes[name].steps)
            if (family := nodes[name].family) is not None and view is not None:
                found[name] = function(family, view)
        return found

    def _with(self, families: dict[str, Model]) -> Graph:
        """Return the graph with these families as blocks, all their options filled in."""
        layers = dict(self.layers)
        for name, family in families.items():
            beside = {key: layers[name][key] for key in ("of", STEPS) if key in layers[name]}
            layers[name] = {"family": family.name, **family.model_dump(exclude={"name"}), **beside}
        return self.model_copy(update={"layers": layers})


def _first_sources(nodes: list[Node], task: Task) -> dict[str, str]:
    return {name: of[0] for name, of in sources(nodes, list(task.inputs)).items() if of}


def _notice(family: Model, view: Task) -> str | None:
    return family.notice(view) if isinstance(family, PretrainedModel) else None

"""A trained model with its preprocessing in front and its answers in the target's own unit behind, without dlpy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dlpy.components.model import GenerativeModel, Model
from dlpy.components.named_transform import OfInput
from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError
from dlpy.data.rows import Rows
from dlpy.data.task import Input, Output, Task
from dlpy.data.units import own_tensor
from dlpy.engine.custom_step import Sampler
from dlpy.engine.mean_of_networks import mean_of, networks_of
from dlpy.engine.members import with_plain_layers
from dlpy.models._inlined import inlined
from dlpy.portable.bands import with_widths
from dlpy.portable.series import own_of_series
from dlpy.portable.sources import Source, Wanted, input_name, source_of
from dlpy.portable.tables import Pairs

if TYPE_CHECKING:
    import keras

GENERATED = "generated"  # the name of what a generative model makes


@dataclass(frozen=True)
class Portable:
    """A network that consists of Keras' own layers and operations.

    network: takes a dict of inputs, and returns a dict of answers by output. sources: how each input of the model is
    given.
    """

    network: keras.Model
    sources: dict[str, Source]


def generator(sampler: Sampler) -> Portable:
    """Return the network that generates rows from latent vectors, each followed by a one-hot class if there are any."""
    import keras
    from keras import layers

    size = sampler.latent + len(sampler.classes)
    vectors = keras.Input((size,), name="vectors")
    made = layers.Activation("linear", dtype="float32")(inlined(sampler.network)(vectors))
    told = {"prepare": "array", "latent": sampler.latent, "classes_behind": list(sampler.classes)}
    spec = {"name": "vectors", "shape": [None, size], "dtype": "float32", **told}
    network = keras.Model({"vectors": vectors}, {GENERATED: made})
    return Portable(network, {"vectors": Source({"vectors": vectors}, vectors, [spec])})


@dataclass(frozen=True)
class Parts:
    """The parts of a network: the family, the model with its weights, its task, and transforms with their states.

    factors: of the widths of its bands, the widest first; () where they stay as they were learned.
    """

    family: Model
    model: keras.Model
    task: Task
    pairs: Pairs
    factors: tuple[float, ...] = ()


def portable_network(parts: Parts, raw: Rows, *, strings: bool) -> Portable:
    """Return the network of a model that predicts.

    Args:
        parts: the model and its transforms.
        raw: training rows before the transforms.
        strings: whether the network may look up texts.

    Raises:
        ConfigError: the model or a transform cannot be said so.
    """
    import keras

    model = plain_model(parts)
    tensors = dict(zip(_names(model, parts.task), model.inputs, strict=True))
    sources = {}
    for name, tensor in tensors.items():
        own = [(_inner(transform), state) for transform, state in parts.pairs if _concerns(transform, name)]
        sources[name] = source_of(Wanted(name, own, raw.inputs[name], parts.task.inputs[name], tensor, strings))
    prepared = {name: source.prepared for name, source in sources.items()}
    only = next(iter(prepared.values()))
    answers = _of_own_series(model(prepared if len(prepared) > 1 else only), parts, sources)
    inputs = {name: tensor for source in sources.values() for name, tensor in source.inputs.items()}
    return Portable(keras.Model(inputs, _by_name(answers, parts)), sources)


def _of_own_series(answers: Any, parts: Parts, sources: Mapping[str, Source]) -> Any:
    """Return the answers of a model, those of several series with scales of their own in the unit of each."""
    if not any(output.by_series for output in parts.task.outputs.values()):
        return answers
    series = next(source.series for source in sources.values() if source.series is not None)
    state = next(state for _, state in parts.pairs if "series" in state)
    return own_of_series(answers, state, series)


def prepared_network(parts: Parts) -> keras.Model:
    """Return the network of a model for transformed rows, which the names of its inputs say."""
    import keras

    model = plain_model(parts)
    names = _names(model, parts.task)
    inputs: dict[str, Any] = {
        name: keras.Input(x.shape[1:], dtype=x.dtype, name=f"prepared_{input_name(name)}")
        for name, x in zip(names, model.inputs, strict=True)
    }
    answers = model(inputs if len(inputs) > 1 else next(iter(inputs.values())))
    return keras.Model({x.name: x for x in inputs.values()}, _by_name(answers, parts))


def plain_model(parts: Parts) -> keras.Model:
    """Return the model as a functional one of Keras' own layers, with dense rows in place of sparse ones.

    Raises:
        ConfigError: it does not predict from rows.
    """
    import keras

    if isinstance(parts.family, GenerativeModel):
        raise ConfigError(f"{parts.family.name} predicts nothing from rows.")
    model = parts.model
    if any(tensor.sparse for tensor in model.inputs):
        inputs = {name: _dense(given) for name, given in parts.task.inputs.items()}
        model = parts.family.resolved(parts.task).build(replace(parts.task, inputs=inputs))
        model.set_weights(parts.model.get_weights())
    if networks := networks_of(model):
        return inlined(mean_of([with_plain_layers(keras.Model(one.input, one.output)) for one in networks]))
    return inlined(with_plain_layers(keras.Model(model.input, model.output)))


def _dense(given: Input) -> Input:
    return replace(given, kind="array") if given.kind == "sparse" else given


def _names(model: keras.Model, task: Task) -> list[str]:
    """Return the names of a model's inputs in the task."""
    return list(task.inputs) if len(task.inputs) == 1 else [tensor.name for tensor in model.inputs]


def _concerns(transform: Transform, name: str) -> bool:
    """Return whether a transform changes the rows of an input."""
    if isinstance(transform, OfInput):
        return name in (transform.of, *transform.like)
    return not transform.on_targets


def _inner(transform: Transform) -> Transform:
    return transform.inner if isinstance(transform, OfInput) else transform


def _by_name(answers: Any, parts: Parts) -> dict[str, Any]:
    """Return the answers by output, numbers in the target's own unit."""
    outputs = parts.task.outputs
    found: Mapping[str, Any] = answers if isinstance(answers, Mapping) else {next(iter(outputs)): answers}
    given = {name: with_widths(tensor, outputs[name], parts.factors) for name, tensor in found.items()}
    return {name: _own(tensor, outputs[name], name) for name, tensor in given.items()}


def _own(answers: Any, output: Output, name: str) -> Any:
    from keras import layers

    own = own_tensor(answers, output) if output.kind == "regression" else answers
    return layers.Activation("linear", dtype="float32", name=f"answer_{name}")(own)

"""The options of training, given once or for each output."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, WithJsonSchema, model_validator

from dlpy.components.objectives import AnyLoss, AnyMetric, AnyOptimizer
from dlpy.core.options import Block
from dlpy.engine.devices import parsed
from dlpy.engine.precision import Precision
from dlpy.experiment.phases import Phase, first_epochs
from dlpy.optimizers import RMSprop
from dlpy.scores.thresholds import Criterion

Count = Annotated[int, Field(gt=0)]

_MOST_NETWORKS = 20  # of a final model


def _class_weight(value: Any) -> Any:
    """Return the weights with class numbers as text, because YAML keys may be integers."""
    if not isinstance(value, dict):
        return value
    return {str(key): _class_weight(weight) for key, weight in value.items()}


def _criterion(value: Any) -> str:
    """Return a criterion as text; a YAML number is a fixed threshold."""
    return str(Criterion.parse(str(value)))


def _count_of_networks(value: Any) -> Any:
    """Return a number of networks: true means 1."""
    if not isinstance(value, int) or not 0 <= value <= _MOST_NETWORKS:
        raise ValueError(f"expected true, or a number of networks up to {_MOST_NETWORKS}, got {value!r}")
    return int(value)


def _is_by_output(value: Any) -> bool:
    return isinstance(value, dict) and "name" not in value


def _is_mapping(value: Any) -> bool:
    return isinstance(value, dict)


def _has_weights_by_output(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    return any(weight is None or weight == "balanced" or isinstance(weight, dict) for weight in value.values())


def _choice(is_each: Callable[[Any], bool]) -> Discriminator:
    """Return what tells an option that is given once from one that is given for each output."""
    return Discriminator(lambda value: "each" if is_each(value) else "once")


_Metrics = list[AnyMetric]
_ClassWeight = Literal["balanced"] | dict[str, float] | None
_NOT_A_COMPONENT = Field(json_schema_extra={"not": {"required": ["name"]}})  # so that {name: mse} is one loss, not two
_ANY_COUNT = WithJsonSchema(
    {"anyOf": [{"type": "boolean"}, {"type": "integer", "minimum": 0, "maximum": _MOST_NETWORKS}]}
)
Networks = Annotated[int, Field(ge=0, le=_MOST_NETWORKS), BeforeValidator(_count_of_networks), _ANY_COUNT]
LossByOutput = Annotated[
    Annotated[AnyLoss, Tag("once")] | Annotated[dict[str, AnyLoss], Tag("each"), _NOT_A_COMPONENT],
    _choice(_is_by_output),
]
MetricsByOutput = Annotated[
    Annotated[_Metrics, Tag("once")] | Annotated[dict[str, _Metrics], Tag("each")], _choice(_is_mapping)
]
ClassWeightByOutput = Annotated[
    Annotated[_ClassWeight, Tag("once")] | Annotated[dict[str, _ClassWeight], Tag("each")],
    _choice(_has_weights_by_output),
    BeforeValidator(_class_weight),
]


class Training(Block):
    """Options of training."""

    optimizer: AnyOptimizer = RMSprop()
    """Optimizer: a name, or a mapping such as {name: rmsprop, learning_rate: 1e-4}."""
    loss: LossByOutput | None = None
    """Loss to minimize, or that of each output, such as {price: mae}; default: chosen by the target, such as mse for
    numbers."""
    metrics: MetricsByOutput | None = None
    """Metrics to report, or those of each output, such as {price: [mae, r2]}; default: accuracy for classes, mae for
    numbers, bits and perplexity for texts."""
    loss_weights: Literal["uncertainty"] | dict[str, Annotated[float, Field(ge=0)]] | None = None
    """Weight of each output's loss in the sum that is minimized, such as {price: 0.25, sold: 10}; 1 unless given.
    uncertainty: learnt along with the model (Kendall et al. 2018)."""
    epochs: Count = 10
    """Number of passes over the training rows."""
    phases: Annotated[list[Phase], Field(min_length=1)] | None = None
    """Training phases instead of `epochs`, such as [{freeze: all, epochs: 9}, {unfreeze_from: conv4, epochs: 9}]."""
    batch_size: Count = 32
    """Number of rows per step."""
    steps_per_epoch: Count | None = None
    """Number of steps per epoch, each on newly drawn rows; default: enough for one pass over all rows."""
    class_weight: ClassWeightByOutput | None = None
    """Class weights of the training loss: balanced, or a mapping such as {cat: 1, dog: 2.5} from class name or number
    to weight. Names take precedence; if the name of a class is the number of another class, only names are valid. With
    several outputs, a mapping such as {sold: balanced} gives those of each."""
    threshold: Annotated[str, BeforeValidator(_criterion)] | None = None
    """Threshold of the probability of the second of two classes, or of each label, chosen on the validation rows at the
    end of training: f1, precision=0.95, recall=0.9 or cost=fp:1,fn:5; null: 0.5. `dlpy predict` decides by it,
    `dlpy evaluate` shows what it changes; metrics stay at 0.5."""
    refit: Networks = 0
    """Number of networks of a final model, which predicts new rows and is scored on test rows; the validation scores
    remain those of the first model. true or 1: a network trained on the training and validation rows together, for the
    best number of epochs. 5, for tables: the mean of five networks, each trained on all these rows but a fifth, which
    decides when it stops. Default: no final model. Folds and the trials of a search have none."""
    execution: Literal["auto", "epoch", "steps"] = "auto"
    """How epochs are executed: `epoch` in one graph, `steps` batch by batch like Keras' fit, `auto` whichever is
    faster."""
    jit_compile: Literal["auto"] | bool = "auto"
    """Whether to compile training steps with XLA; auto: if it saves more time than compilation takes."""
    precision: Precision = "float32"
    """Type in which layers compute: float32, or with 16 bits mixed_bfloat16 or mixed_float16, which are faster on GPUs
    made for it. Weights, outputs, losses and scores stay float32."""
    devices: Annotated[Literal["all"] | str | list[int], BeforeValidator(parsed)] | None = None
    """Devices that share every batch: all GPUs, the numbers of some, such as [0, 1], or equal parts of the CPU, such as
    4 cpu, to try it without GPUs; null: the first GPU, or else the CPU."""
    together: Literal["auto"] | bool = "auto"
    """Whether the folds of `dlpy kfold` and the seeds of `dlpy train --seeds` are trained at once, in one graph; their
    scores then differ in the last digits. auto: if the networks are small and `execution` and `jit_compile` are
    auto."""

    @model_validator(mode="after")
    def _epochs_of_phases(self) -> Training:
        if self.phases is None:
            return self
        total = sum(phase.epochs for phase in self.phases)
        if "epochs" in self.model_fields_set and self.epochs != total:
            raise ValueError(f"the phases have their own 'epochs' ({total} in total): remove training.epochs")
        object.__setattr__(self, "epochs", total)  # frozen, but still under construction
        return self

    def of_output(self, name: str) -> Training:
        """Return the options as they are for one output."""
        given = {option: getattr(self, option) for option in ("loss", "metrics", "class_weight")}
        each = {"loss": _is_by_output, "metrics": _is_by_output, "class_weight": _has_weights_by_output}
        update = {option: value.get(name) for option, value in given.items() if each[option](value)}
        return self.model_copy(update=update)

    def loss_weight(self, name: str) -> float:
        """Return the given weight of an output's loss; 1 unless given, or learnt."""
        return self.loss_weights.get(name, 1.0) if isinstance(self.loss_weights, dict) else 1.0

    def shortened(self, epochs: int) -> Training:
        """Return the options with training cut to `epochs`; later phases are dropped."""
        phases = self.phases and first_epochs(self.phases, epochs)
        total = sum(phase.epochs for phase in phases) if phases else epochs
        return self.model_copy(update={"epochs": total, "phases": phases})

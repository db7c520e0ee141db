"""Base classes for the parts of an experiment file: validated blocks, named components, and their slots."""

from __future__ import annotations

from typing import Any, ClassVar, Self, get_args

from annotated_types import Le, Lt
from pydantic import (
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.functional_validators import ModelWrapValidatorHandler
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError, PydanticKnownError, core_schema

from dlpy.core.errors import ConfigError, did_you_mean
from dlpy.core.registry import Registry

MOST = 2**31 - 1  # limit for every count


class Block(BaseModel):
    """A part of an experiment file: immutable, and strict about unknown keys, wrong types and NaN."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False, defer_build=True)

    hints: ClassVar[dict[str, str]] = {}  # messages for old or mistaken option names

    @field_validator("*", mode="after")
    @classmethod
    def _within_bounds(cls, value: Any, info: ValidationInfo) -> Any:
        """Reject integers that are too large for any count, if the option has no upper bound of its own."""
        bounds = cls.model_fields[info.field_name or ""].metadata
        if not any(isinstance(bound, Lt | Le) for bound in bounds) and _largest(value) > MOST:
            raise PydanticKnownError("less_than_equal", {"le": MOST})
        return value

    @model_validator(mode="wrap")
    @classmethod
    def _name_the_known(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Add the known options to errors about unknown ones."""
        try:
            return handler(value)
        except ValidationError as error:
            details = [_explained(detail, cls) for detail in error.errors()]
            raise ValidationError.from_exception_data(cls.__name__, details) from None


def _largest(value: Any) -> int:
    """Return the largest absolute integer in the value of an option; 0 if there is none."""
    if isinstance(value, list | tuple | dict):
        return max(map(_largest, [*value, *(value.values() if isinstance(value, dict) else [])]), default=0)
    return abs(value) if isinstance(value, int) else 0


def _explained(detail: ErrorDetails, cls: type[Block]) -> InitErrorDetails:
    kind: str | PydanticCustomError = detail["type"]
    context = detail.get("ctx", {})
    if kind == "extra_forbidden" and len(detail["loc"]) == 1:
        name = str(detail["loc"][0])
        hint = f" {cls.hints[name]}" if name in cls.hints else did_you_mean(name, cls.model_fields)
        kind = PydanticCustomError("unknown_option", "{message}", {"message": f"unknown option.{hint}"})
    elif "message" in context:
        kind = PydanticCustomError("component", "{message}", context)
    return {"type": kind, "loc": detail["loc"], "input": detail["input"], "ctx": context}


class Component(Block):
    """A component that an experiment file selects by name; its fields are its options."""

    registry: ClassVar[Registry]
    aliases: ClassVar[dict[str, str]] = {}
    name: Any  # a subclass registers by narrowing it to Literal["its_name"]

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        for name in get_args(cls.model_fields["name"].annotation):
            cls.registry.add(name, cls, cls.aliases)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler) -> dict:
        found = handler(schema)
        names = [*get_args(cls.model_fields["name"].annotation), *cls.aliases]
        handler.resolve_ref_schema(found)["properties"]["name"] = {"enum": names, "type": "string"}
        return found

    def lacks(self, method: str) -> ConfigError:
        """Return the error about a missing method that every component of this kind needs."""
        return ConfigError(f"{self.registry.kind} '{self.name}' has no {method}() method; its class must define it.")


class Slot:
    """Marks a field that contains a component: a name, or a mapping with `name` and options."""

    def __init__(self, registry: Registry, default: str | None = None) -> None:
        self.registry = registry
        self.default = default  # the component of a mapping without a name

    def parse(self, value: object) -> Component:
        """Return the validated component for a YAML value."""
        if isinstance(value, Component):
            return value
        options = {"name": value} if isinstance(value, str) else value
        if isinstance(options, dict) and self.default and "name" not in options:
            options = {"name": self.default, **options}
        kind = self.registry.kind
        if not isinstance(options, dict) or not isinstance(options.get("name"), str):
            article = "an" if kind[0] in "aeiou" else "a"
            message = f"expected the name of {article} {kind}, or a mapping with 'name' and options."
            context = {"key": "name"} if isinstance(options, dict) and "name" in options else {}
            context["message"] = message + did_you_mean("", self.registry.names_and_aliases())
            raise PydanticCustomError("component", "{message}", context)
        cls = self.registry.find(options["name"])
        if cls is None:
            message = f"unknown {kind} '{options['name']}'.{did_you_mean(options['name'], self.registry.names())}"
            raise PydanticCustomError("component", "{message}", {"message": message, "key": "name"})
        return cls.model_validate({**options, "name": cls.aliases.get(options["name"], options["name"])})

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self.parse, serialization=core_schema.plain_serializer_function_ser_schema(_dump)
        )

    def __get_pydantic_json_schema__(self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler) -> dict:
        known = {name: self.registry.get(name) for name in self.registry.names_and_aliases()}
        names = core_schema.literal_schema(sorted(known))
        classes = [cls.__pydantic_core_schema__ for cls in dict.fromkeys(known.values())]
        choices = core_schema.union_schema([names, *classes], ref=self.registry.kind)
        return handler(core_schema.union_schema([choices]))  # pydantic gives `$defs` only what is not at the top


def _dump(value: object) -> object:
    return value.model_dump() if isinstance(value, BaseModel) else value

"""The addresses of a server described in the form of OpenAPI 3.1, from the runs that it serves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dlpy.serve.limits import Limits
from dlpy.serve.served_run import ServedRun

_NUMBER = {"type": ["number", "string", "null"]}
_TEXT = {"type": ["string", "number", "boolean", "null"]}
_KINDS = {"numeric": _NUMBER, "categorical": _TEXT, "dates": {"type": ["string", "null"]}}
_ERROR = {"type": "object", "properties": {"error": {"type": "string"}}}
_ERRORS = {
    "404": "no such run",
    "408": "the body arrived too slowly",
    "413": "the body is too large",
    "415": "the body is neither JSON nor an image",
    "422": "the rows do not fit the run",
    "503": "too many requests wait",
    "504": "the predictions took too long",
}


def openapi(runs: Sequence[ServedRun], limits: Limits) -> dict[str, Any]:
    """Return the description of the addresses that predict."""
    paths = {f"/runs/{run.name}/predict": {"post": _predict(run, limits)} for run in runs}
    if len(runs) == 1:
        paths["/predict"] = {"post": _predict(runs[0], limits)}
    return {"openapi": "3.1.0", "info": {"title": "dlpy serve", "version": "1"}, "paths": paths}


def _predict(run: ServedRun, limits: Limits) -> dict[str, Any]:
    usual = run.takes[0]
    lists = {
        kind: {"type": "array", "minItems": 1, "maxItems": limits.rows, "items": _entry(run, kind)}
        for kind in run.takes
    }
    body: dict[str, Any] = {
        "type": "object",
        "required": [usual] if len(lists) == 1 else [],
        "properties": lists,
        "additionalProperties": False,
    }
    content: dict[str, Any] = {"application/json": {"schema": body}}
    if usual == "images":
        content["image/*"] = {"schema": {"type": "string", "format": "binary"}}
    if run.trained.experiment.data.in_time_order:
        body["properties"]["ahead"] = {"type": "integer", "minimum": 1, "description": "next rows to predict"}
    answers = {
        status: {"description": about, "content": {"application/json": {"schema": _ERROR}}}
        for status, about in _ERRORS.items()
    }
    answers["200"] = {"description": "predictions", "content": {"application/json": {"schema": _answer()}}}
    return {
        "summary": f"Predict {usual} with run {run.run.id}",
        "requestBody": {"required": True, "content": content},
        "responses": answers,
    }


def _answer() -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "run": {"type": "string"},
            "predictions": {"type": "array", "items": {"type": "object"}},
            "unfamiliar": {"type": "array", "items": {"type": "object"}},
        },
    }


def _entry(run: ServedRun, kind: str) -> dict[str, Any]:
    if kind == "texts":
        return {"type": "string", "minLength": 1}
    if kind == "images":
        return {"type": "string", "contentEncoding": "base64"}
    columns = columns_of(run)
    return {"type": "object", "properties": columns, "required": list(columns)}


def columns_of(run: ServedRun) -> dict[str, Any]:
    """Return the schema of each column that a run reads; none where the dataset does not list them."""
    data = run.trained.experiment.data
    found: dict[str, Any] = {}
    for options in (data, *data.input_options().values()):
        for key, schema in _KINDS.items():
            found |= dict.fromkeys(getattr(options, key, None) or [], schema)
        if isinstance(text := getattr(options, "text", None), str):
            found[text] = {"type": "string"}
    for key in ("time", "id"):
        names = getattr(data, key, None) or []
        found |= dict.fromkeys([names] if isinstance(names, str) else names, _TEXT) if data.in_time_order else {}
    return found

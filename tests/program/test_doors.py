"""What comes from outside reaches YAML, the terminal and figures through one door each: no module goes around them.

These tests read the source. What the doors do with hostile names is tested where they stand.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import dlpy

pytestmark = pytest.mark.slow

ROOT = Path(dlpy.__file__).parent
MODULES = {str(path.relative_to(ROOT)): ast.parse(path.read_text()) for path in sorted(ROOT.rglob("*.py"))}

WRITES_TITLES = {"set_title", "suptitle", "set_xlabel", "set_ylabel", "set_label"}
WRITES_TICKS = {"set_xticks", "set_yticks", "set_xticklabels", "set_yticklabels"}
TEXT_OPTIONS = {"label", "title", "xlabel", "ylabel", "s"}
CAPTIONS = {"caption", "in_unit", "full_name", "score_caption"}  # the others end in caption
NUMERIC = set("defgFG%,n")


def calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    """Yield every call with the name, or the last part of it, of what is called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            yield node, name


def places(wanted: set[str], but_in: set[str] = frozenset()) -> list[str]:
    """Return where functions of these names are called, bare or as attributes, except in some modules."""
    return [
        f"{module}:{call.lineno}: {name}"
        for module, tree in MODULES.items()
        for call, name in calls(tree)
        if name in wanted and module not in but_in
    ]


def test_the_source_is_found() -> None:
    assert len(MODULES) > 200
    assert places({"print"}) != []


def test_lines_are_printed_in_one_module() -> None:
    bare = [
        f"{module}:{call.lineno}"
        for module, tree in MODULES.items()
        for call, name in calls(tree)
        if name == "print" and isinstance(call.func, ast.Name) and module != "cli/lines.py"
    ]
    streams = [
        f"{module}:{call.lineno}"
        for module, tree in MODULES.items()
        for call, name in calls(tree)
        if name in ("write", "writelines")
        and "sys.std" in ast.unparse(call.func)
        and module not in ("cli/lines.py", "cli/start.py")  # the latter before anything is imported
    ]
    assert bare + streams + places({"print_exception", "print_exc", "echo", "secho"}, {"warm/child.py"}) == []


def test_what_is_printed_goes_through_what_spells_out_the_unseen() -> None:
    for call, name in calls(MODULES["cli/lines.py"]):
        if name in ("print", "write"):
            assert any(word in ast.unparse(call) for word in ("on_a_line", "printable", "json_text")), call.lineno


_PATTERNS = {  # where re.escape is called, which is another one
    *("explain/layer_graph.py", "datasets/_image_files.py", "data/tables/rows_as_file.py", "serve/served_run.py"),
    *("explain/text_pages.py", "report/markup.py"),  # html.escape
    *(f"data/tables/{module}.py" for module in ("amounts", "table_format", "text_table")),
}


def test_consoles_are_made_in_two_modules_and_know_no_markup() -> None:
    assert places({"Console"}, {"core/progress.py"}) == []
    assert places({"escape"}, _PATTERNS) == []  # re.escape
    assert places({"from_markup", "render", "from_ansi"}) == []
    for module, tree in MODULES.items():
        for call, name in calls(tree):
            options = {option.arg: ast.unparse(option.value) for option in call.keywords}
            assert options.get("markup", "False") == "False", f"{module}:{call.lineno}"
            if name == "TextColumn":
                assert options.get("markup") == "False", f"{module}:{call.lineno}"
            if name == "Text" and call.args and "rich.text" in ast.unparse(tree):
                text = ast.unparse(call.args[0])
                assert text.startswith(("printable(", "'")), f"{module}:{call.lineno}: {text}"


def test_yaml_is_written_and_read_in_one_module() -> None:
    importing = {
        module
        for module, tree in MODULES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        and "yaml" in (getattr(node, "module", None) or "", *(alias.name for alias in node.names))
    }
    assert importing == {"experiment/yaml_reader.py"}


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith("starter")])
def test_generated_experiments_are_made_of_values(module: str) -> None:
    """A starter hands options to the writer, and no lines of YAML."""
    texts = [node.value for node in ast.walk(MODULES[module]) if isinstance(node, ast.Constant)]
    assert [text for text in texts if isinstance(text, str) and text.startswith(("  ", "- ")) and ":" in text] == []


def test_figures_take_texts_through_captions() -> None:
    drawing = [name for name, tree in MODULES.items() if "matplotlib" in ast.unparse(tree)]
    assert len(drawing) > 15
    assert [(module, problem) for module in drawing for problem in _uncaptioned(MODULES[module])] == []


@pytest.mark.parametrize(
    ("line", "problems"),
    [
        ("axes.set_title(name)", ["2: name"]),
        ("axes.plot(x, y, label=f'{name}: {area:.4f}')", ["2: f'{name}: {area:.4f}'"]),
        ("axes.set_xticks(ticks, names)", ["2: names"]),
        ("axes.text(0, 0, '\\n'.join(names))", ["2: '\\n'.join(names)"]),
        ("name = caption(name); axes.set_title(name)", []),
        ("axes.plot(x, y, label=f'{caption(name, 24)}: {area:.4f}')", []),
        ("axes.set(xlabel='a' if x else caption(name))", []),
    ],
)
def test_a_way_around_captions_is_seen(line: str, problems: list[str]) -> None:
    assert [*_uncaptioned(ast.parse(f"def draw(axes, name, names):\n    {line}"))] == problems


def _uncaptioned(module: ast.Module) -> Iterator[str]:
    for function in ast.walk(module):
        if isinstance(function, ast.FunctionDef):
            for call, name in calls(function):
                for text in _texts_of(call, name):
                    if not _is_captioned(text, function):
                        yield f"{call.lineno}: {ast.unparse(text)}"


def _texts_of(call: ast.Call, name: str) -> Iterator[ast.expr]:
    """Yield the arguments that a method of matplotlib writes into the picture."""
    if not isinstance(call.func, ast.Attribute):
        return
    if name in WRITES_TITLES:
        yield from call.args[:1]
    if name in WRITES_TICKS:
        yield from call.args[1:2]
    if name in ("text", "annotate") and len(call.args) > 2:
        yield call.args[2]
    if name == "add_column":
        return  # of a table of rich's
    yield from (option.value for option in call.keywords if option.arg in TEXT_OPTIONS)


def _returns_captions(name: str) -> bool:
    """Return whether a function of the plots gives nothing but texts that may be drawn."""
    plots = [tree for module, tree in MODULES.items() if module.startswith("plots/")]
    found = [node for tree in plots for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name]
    returned = [(step.value, node) for node in found for step in ast.walk(node) if isinstance(step, ast.Return)]
    return bool(returned) and all(value is not None and _is_captioned(value, node) for value, node in returned)


def _is_captioned(node: ast.expr, function: ast.FunctionDef) -> bool:
    """Return whether a text is a constant, numbers, or has passed through `caption`."""
    if isinstance(node, ast.Constant):
        return True
    if isinstance(node, ast.Call):
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if name in CAPTIONS or name == "len":
            return True
        if name == "join":
            return all(_is_captioned(part, function) for part in node.args)
        return _returns_captions(name)
    if isinstance(node, ast.ListComp | ast.GeneratorExp):
        return _is_captioned(node.elt, function)
    if isinstance(node, ast.IfExp | ast.BinOp):
        parts = (node.body, node.orelse) if isinstance(node, ast.IfExp) else (node.left, node.right)
        return all(_is_captioned(part, function) for part in parts)
    if isinstance(node, ast.JoinedStr):
        return all(_is_captioned(part, function) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        form = "".join(part.value for part in node.format_spec.values) if node.format_spec else ""
        return (bool(form) and form[-1] in NUMERIC) or _is_captioned(node.value, function)
    if isinstance(node, ast.Name):
        given = [
            step.value
            for step in ast.walk(function)
            if isinstance(step, ast.Assign | ast.AugAssign)
            and step.value is not None
            and node.id in [ast.unparse(target) for target in getattr(step, "targets", [getattr(step, "target", None)])]
        ]
        return bool(given) and all(_is_captioned(value, function) for value in given)
    return False

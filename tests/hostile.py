"""Names that try to be more than names, for whatever comes from outside: files, folders, columns, classes, cells."""

NAMES = [
    "y\nplugins: [evil.py]\n#",
    "y\rplugins: [evil.py]\r#",
    "y\u2028plugins: [evil.py]\u2028#",
    "y\x85plugins: [evil.py]\x85#",
    "y\x0bplugins: [evil.py]\x0c#",
    "x: {plugins: [evil.py]}",
    "x # plugins: [evil.py]",
    "x\x1b[2J\x1b]0;owned\x07",
    "x\x9b31mred",
    "'single' \"double\" \\x",
    "[red]x[/red] [/] [link=file:///etc/passwd]y[/link]",
    ":smile: {x} %s $x `id` $(id)",
    r"$\frac{1}{$ $$ ^ _",
    "_hidden",
    "gnp\u202egol.exe\u202c",
    "zero\u200bwidth\u200d\ufeff",
    "👩‍👩‍👧 é ß 漢字 עברית",
    "n" * 240,
    "漢" * 80,
    " ",
    " padded ",
    "..",
    "~",
    "~root",
    "-rf",
    "=1+cmd|' /C calc'!A0",
    "no",
    "null",
    "1e3",
    "0x10",
    "012",
    "<<",
    "*alias",
    "&anchor !tag",
    "%TAG",
    "---",
    "{{x}}",
    "a,b;c\td|e",
    "<script>alert(1)</script>",
    "name",
]
"""Each may name a column or a class; those without a slash that are short enough, a file too."""

FOLDER_NAMES = [name for name in NAMES if "/" not in name and name not in ("..",) and len(name.encode()) < 245]
EVIL = "from pathlib import Path\nPath('ran').write_text('by a plug-in')\n"


def seen(text: str) -> list[str]:
    """Return the signs of a text, but for line breaks, that cannot be seen or that would steer a terminal."""
    return [sign for sign in text if not sign.isprintable() and sign != "\n"]

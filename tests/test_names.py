# SPDX-License-Identifier: MIT
"""One name for one thing: no two classes have one name, and none has that of a library's class."""

import ast
import importlib
from collections import Counter
from pathlib import Path

import gs.profile.status.hooks

PACKAGE = Path(gs.profile.status.hooks.__file__).parents[1]
NODES = [
    node
    for file in sorted(PACKAGE.rglob("*.py"))
    for node in ast.walk(ast.parse(file.read_text("utf-8")))
]
#: The names of the public classes; a private class is known in its module alone.
NAMES = [
    node.name for node in NODES if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
]
LIBRARIES = {
    *("argparse", "configparser", "email", "http", "logging", "pathlib"),
    *("jinja2", "rich", "sqlalchemy", "starlette", "uvicorn"),
}
#: The names that a library has too, with the reason why ours stays.
SHARED = {
    "Group": "the word of GroupServer for a mailing list; Rich's groups what it prints",
    "Screen": "the terminal of the sender; Rich's is used inside Rich alone",
}


def imported_modules():
    """Return the modules of the libraries that the source imports from, and their packages."""
    imported = set()
    for node in NODES:
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            imported.add(node.module)
        elif isinstance(node, ast.Import):
            imported.update(alias.name for alias in node.names)
    ours = {name for name in imported if name.partition(".")[0] in LIBRARIES}
    return ours | {name.partition(".")[0] for name in ours}


def test_no_two_classes_have_one_name():
    assert len(NAMES) > 100
    assert [name for name, times in Counter(NAMES).items() if times > 1] == []


def test_no_class_has_the_name_of_a_class_of_a_library():
    modules = imported_modules()
    assert {"sqlalchemy", "starlette.requests"} <= modules
    shadowed = {
        name: library
        for library in sorted(modules)
        for name, value in vars(importlib.import_module(library)).items()
        if name in NAMES and name not in SHARED and isinstance(value, type)
    }
    assert shadowed == {}

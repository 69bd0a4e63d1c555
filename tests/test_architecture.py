# SPDX-License-Identifier: MIT
"""The picture of the architecture shows what the source imports."""

import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "scripts" / "architecture.py"


@pytest.fixture(scope="module")
def architecture():
    spec = importlib.util.spec_from_file_location("architecture", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_picture_is_that_of_the_imports(architecture):
    shown = architecture.PICTURE.read_text("utf-8")
    assert shown == architecture.picture(), "run python scripts/architecture.py"


@pytest.mark.parametrize("half", ["send", "site"])
def test_imports_go_down_only(architecture, half):
    assert architecture.upward(half) == []


def test_each_package_of_the_source_is_in_a_layer(architecture):
    beside = {"__init__", "errors", "errorvals", "siteurl", "text", "version"}  # of the sender
    for half in ("send", "site"):
        folder = architecture.SOURCE / "gs" / "profile" / "status" / half
        packages = {path.stem for path in folder.iterdir() if path.suffix in {"", ".py"}}
        layers = {name for layer in architecture.layers_of(half) for name in layer}
        assert packages - {"__pycache__", "__init__"} - layers <= beside


def test_an_arrow_that_others_imply_is_left_out(architecture):
    imports = {"a": {"b", "c"}, "b": {"c"}, "c": set()}
    assert architecture.reduced(imports) == {"a": {"b"}, "b": {"c"}, "c": set()}

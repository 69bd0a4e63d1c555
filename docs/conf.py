# SPDX-License-Identifier: MIT
"""How Sphinx makes the manual: HTML with Furo, and one PDF with rst2pdf."""

from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

from gs.profile.status.send.version import VERSION

project = "sendprofile"
release = version = VERSION
author = "The sendprofile authors"
project_copyright = "2026, the sendprofile authors"
extensions = ["myst_parser", "rst2pdf.pdfbuilder"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
nitpicky = True

html_theme = "furo"
html_title = "sendprofile"

pdf_documents = [("index", "sendprofile", "sendprofile", author)]
pdf_stylesheets = ["manual.yaml"]
pdf_style_path = [str(Path(__file__).parent)]
pdf_fit_mode = "shrink"
pdf_break_level = 1
pdf_use_index = True
pdf_domain_indices = False


def setup(app: Sphinx) -> None:
    """Connect what this manual needs to the events of Sphinx."""
    app.connect("doctree-read", _lift_images)


def _lift_images(app: Sphinx, doctree: nodes.document) -> None:
    """Take an image out of the paragraph that has nothing else: rst2pdf draws no SVG in a line."""
    for paragraph in list(doctree.findall(nodes.paragraph)):
        image = paragraph[0] if len(paragraph) == 1 else None
        if isinstance(image, nodes.image):
            paragraph.replace_self(image)
            if app.builder.name == "pdf":
                image["width"] = "100%"

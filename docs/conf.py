# SPDX-License-Identifier: MIT
"""How Sphinx makes the manual: HTML with Furo, and one PDF with rst2pdf."""

from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.util.logging import getLogger

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

# What is in the index beside what Sphinx's directives put there: the names in the first columns of
# these tables, each given by its page and the head of its first column.
index_tables = {
    ("reference/sendprofile", "variable"): ["environment variable"],
    ("reference/exit-codes", "code"): ["exit code of sendprofile"] * 2,
    ("reference/sendprofile-site", "code"): ["exit code of sendprofile-site"],
    ("reference/verdicts", "verdict"): ["verdict"],
    ("reference/hooks", "status"): ["status of the send hook"],
    ("reference/json", "name"): ["JSON key"],
    ("reference/gsconfig", "option"): ["gsconfig.ini"],
    ("reference/ledger", "table"): ["table of the ledger"],
    ("reference/database", "table"): ["table of the site"],
    ("reference/glossary", "term"): ["glossary"],
    ("reference/service", "event"): ["log event"],
    ("reference/service", "metric"): ["metric"],
}


class IndexTables(SphinxTransform):
    """Put the names in ``index_tables``, and the commands, into the index."""

    default_priority = 400  # before Sphinx collects the index

    def apply(self, **_: object) -> None:
        """Add a node of the index to each name; warn of a table that is not there."""
        tables = self.config.index_tables
        wanted = {head for page, head in tables if page == self.env.docname}
        for table in self.document.findall(nodes.table):
            head = next(table.findall(nodes.row))[0].astext()
            wanted.discard(head)
            for column, kind in enumerate(tables.get((self.env.docname, head), [])):
                for row in next(table.findall(nodes.tbody)):
                    self._index_cell(row[column], kind)
        for head in sorted(wanted):
            getLogger(__name__).warning(
                "index_tables: no table of this page begins with the column %r",
                head,
                location=self.env.docname,
            )
        for section in self.document.findall(nodes.section):
            if section[0].astext().startswith("sendprofile-site "):
                entry = ("pair", f"command; {section[0].astext()}", section["ids"][0], "", None)
                section.insert(1, addnodes.index(entries=[entry]))

    def _index_cell(self, cell: nodes.entry, kind: str) -> None:
        names = [literal.astext() for literal in cell.findall(nodes.literal)] or [cell.astext()]
        if "".join(names):
            target = f"index-{self.env.new_serialno('index')}"
            entries = [("pair", f"{kind}; {name}", target, "", None) for name in names]
            cell[0].insert(0, nodes.target("", "", ids=[target]))
            cell[0].insert(0, addnodes.index(entries=entries))


def setup(app: Sphinx) -> None:
    """Connect what this manual needs to the events of Sphinx."""
    app.add_config_value("index_tables", {}, "env", dict)
    app.add_transform(IndexTables)
    app.connect("doctree-read", _lift_images)


def _lift_images(app: Sphinx, doctree: nodes.document) -> None:
    """Take an image out of the paragraph that has nothing else: rst2pdf draws no SVG in a line."""
    for paragraph in list(doctree.findall(nodes.paragraph)):
        image = paragraph[0] if len(paragraph) == 1 else None
        if isinstance(image, nodes.image):
            paragraph.replace_self(image)
            if app.builder.name == "pdf":
                image["width"] = "100%"

"""How Sphinx builds the documentation site: `make docs`.

Sphinx reads from the repository's root, so that links between pages, and to what lies outside
docs/, are the same on the site and on a code host.
"""

from __future__ import annotations

import sys
from pathlib import Path

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx

from activellm import __version__

sys.path.insert(0, str(Path(__file__).parent))

project = "ActiveLLM"
author = "the ActiveLLM authors"
project_copyright = "the ActiveLLM authors, Apache-2.0"
version = release = __version__
root_doc = "docs/index"
include_patterns = ["docs/**", "benchmarks/results/*.md", "benchmarks/README.md", "CHANGELOG.md"]
exclude_patterns = ["docs/_build", "**/.*", "src", "tests"]

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "command_reference",
]
myst_heading_anchors = 3
# Type hints say it already; a list of bases says more about pydantic than about us.
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_default_options = {"exclude-members": "model_config, model_post_init"}
napoleon_numpy_docstring = False
napoleon_use_ivar = True
suppress_warnings = ["myst.header"]  # results start at any level

html_theme = "furo"
html_title = "ActiveLLM"
html_copy_source = False
html_show_sourcelink = False


def setup(app: Sphinx) -> None:
    """Let links to folders lead to the folder's page."""
    app.connect("doctree-read", _lead_to_pages)


def _lead_to_pages(app: Sphinx, page: nodes.document) -> None:
    """`[all of them](design/)` leads to design/index; a folder without a page stays plain text."""
    here = Path(app.env.doc2path(app.env.docname)).parent
    for link in list(page.findall(pending_xref)):
        folder = here / link["reftarget"]
        if link["reftype"] != "myst" or not folder.is_dir():
            continue
        name = app.env.path2doc(str((folder / "index.md").resolve()))
        if name in app.env.found_docs:
            link["refdomain"], link["reftarget"], link["reftargetid"] = "doc", name, None
        else:
            link.replace_self(link.children)

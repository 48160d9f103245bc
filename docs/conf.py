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
exclude_patterns = ["docs/_build", ".*", "**/.*"]

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "command_reference",
]
myst_heading_anchors = 3
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
autodoc_member_order = "bysource"
autodoc_default_options = {"exclude-members": "model_config, model_post_init"}
default_role = "code"
napoleon_numpy_docstring = False
napoleon_use_ivar = True
suppress_warnings = ["myst.header"]  # results start at any level

html_theme = "furo"
html_title = "ActiveLLM"
html_extra_path = ["root"]  # the site's first page leads to docs/
html_copy_source = False
html_show_sourcelink = False


def setup(app: Sphinx) -> None:
    """Let links that only a code host can follow do no harm."""
    app.connect("doctree-read", _lead_to_pages)


def _lead_to_pages(app: Sphinx, page: nodes.document) -> None:
    """A link to a folder leads to its index; one to what is no page becomes plain words."""
    env = app.env
    here = Path(env.doc2path(env.docname)).parent
    for link in list(page.findall(pending_xref)):
        if link["reftype"] != "myst":
            continue
        target = link["reftarget"]
        if link["refdomain"] == "doc":
            lost = target not in env.found_docs and (env.srcdir / f"{target}.md").is_file()
        else:
            index = env.path2doc(str((here / target / "index.md").resolve()))
            lost = (here / target).is_dir() and index not in env.found_docs
            if index in env.found_docs:
                link["refdomain"], link["reftarget"], link["reftargetid"] = "doc", index, None
        if lost:
            link.replace_self(link.children)

"""A drawing: one document, or several panels that stand side by side under one heading."""

from __future__ import annotations

from dataclasses import dataclass

from graphnet.view.canvas import Digraph, canvas
from graphnet.view.layout import Engine, PictureFormat, lay_out, lay_out_panels


@dataclass(frozen=True)
class Drawing:
    """What a stage looks like.

    Attributes:
        heading: HTML that stands above everything.
        panels: documents without a heading, and without arrows between them.
        engine: who places the nodes.
    """

    heading: str
    panels: tuple[Digraph, ...]
    engine: Engine = "dot"

    @property
    def source(self) -> str:
        """All in one document of DOT; Graphviz gives all panels the same rows, which `picture` does not."""
        if len(self.panels) == 1:
            document = self.panels[0].copy()
        else:
            document = canvas(newrank="true")  # as panels may ask for rows across frames
            for number, panel in enumerate(self.panels):
                inner = panel.copy()
                inner.name = f"panel {number}"
                document.subgraph(inner)
        document.attr(label=self.heading, labelloc="t")
        return str(document.source)

    def picture(self, form: PictureFormat) -> bytes:
        """The drawing in a file's format.

        Raises:
            InternalError: Graphviz does not take a document.
        """
        if len(self.panels) == 1:
            return lay_out(self.source, form, self.engine)
        title = canvas()
        title.node("heading", self.heading)
        return lay_out_panels([title.source], [panel.source for panel in self.panels], form)

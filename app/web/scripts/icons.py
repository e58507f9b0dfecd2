"""Draw the icons of the installed application from our own mark and our three silhouettes.

    python -m app.web.scripts.icons

Writes the PNG files of `app/web/static/icons`, which are committed.
"""

from __future__ import annotations

from pathlib import Path

from app.web.drawing import CANVAS, mark, silhouette

FOLDER = Path(__file__).parents[1] / "static/icons"


def draw() -> None:
    """Write every icon, and the picture of links of a town that has none yet."""
    from app.web.share_card import ShareCard, draw_card

    FOLDER.mkdir(exist_ok=True)
    for size in (192, 512):
        mark(size, None, 0.94).save(FOLDER / f"icon-{size}.png", optimize=True)
    # A launcher may cut a circle of 80 % out of it.
    mark(512, CANVAS, 0.56).save(FOLDER / "maskable-512.png", optimize=True)
    mark(180, CANVAS, 0.72).convert("RGB").save(FOLDER / "apple-180.png", optimize=True)
    (FOLDER / "share.jpg").write_bytes(draw_card(ShareCard("", "", "Auzolan", "Signaler, féliciter, proposer")))
    for kind in ("problem", "praise", "proposal"):
        silhouette(kind, 96).save(FOLDER / f"shortcut-{kind}.png", optimize=True)


if __name__ == "__main__":
    draw()

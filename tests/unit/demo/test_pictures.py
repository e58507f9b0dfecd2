"""The drawn pictures: one for every name that the texts use, the same from the same name, none without a subject."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageStat

from app.demo.pictures import draw, scenes, variants
from app.demo.words import topics


def test_every_scene_that_the_texts_name_can_be_drawn_and_none_is_forgotten() -> None:
    named = {saying.picture for topic in topics().values() for said in topic.sayings.values() for saying in said} - {""}
    assert {name.partition(":")[0] for name in named} == set(scenes())
    for name in named:
        scene, _, variant = name.partition(":")
        assert int(variant or 0) < variants(scene), name


@pytest.mark.parametrize("name", sorted(scenes()))
def test_a_scene_is_a_picture_of_a_phone_s_shape(name: str) -> None:
    image = Image.open(io.BytesIO(draw(f"{name}:{variants(name) - 1}")))
    assert image.format == "JPEG" and image.size == (1200, 900)
    assert not image.getexif()
    # Something is on it: dark and light, several colours.
    assert max(ImageStat.Stat(image.convert("L")).stddev) > 10


def test_a_name_is_always_the_same_picture_and_variants_differ() -> None:
    assert draw("pothole:0") == draw("pothole:0")
    assert len({draw(f"pothole:{number}") for number in range(variants("pothole"))}) == variants("pothole")


def test_an_unknown_scene_is_an_error() -> None:
    with pytest.raises(KeyError):
        draw("volcano:0")

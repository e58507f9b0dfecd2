"""Hints: what they see in three languages, and what they leave alone."""

from __future__ import annotations

import time

import pytest

from app.features.moderation.hints import hints_of, personal_data, should_wait


def kinds(text: str, **more: int) -> set[str]:
    return {hint.kind for hint in hints_of(text, **more)}


@pytest.mark.parametrize(
    "text",
    [
        "La voiture AB-123-CD est garée sur le trottoir",
        "La voiture AB 123 CD est garée sur le trottoir",
        "immatriculée ab-123-cd",
        "ab123cd",
        "la voiture ab 123 cd est encore là",
        "Ab 123 Cd",
        "Une vieille 4L 1234 ABC 64 devant l'école",
    ],
)
def test_a_french_plate(text: str) -> None:
    assert kinds(text) == {"plate"}


@pytest.mark.parametrize("text", ["1234 BCD autoa espaloian", "une voiture 1234-BCD", "the van AB12 CDE parks here"])
def test_a_plate_from_beyond_the_border(text: str) -> None:
    assert kinds(text) == {"plate"}


@pytest.mark.parametrize(
    "text",
    [
        "06 12 34 56 78",
        "appelez le 0559594600",
        "+33 6 12 34 56 78",
        "+33 (0)5.59.59.46.00",
        "deitu +34 943 12 34 56",
        "ring +44 20 7946 0958",
        "deitu 943 12 34 56",
        "665 123 456",
        "call 020 7946 0958",
        "07700 900123",
    ],
)
def test_a_phone_number(text: str) -> None:
    assert kinds(text) == {"phone"}


def test_an_e_mail_address_is_not_also_a_link() -> None:
    assert kinds("Écrivez à maite@herria.eus") == {"email"}
    assert kinds("maite (at) herria.eus") == {"email"}


@pytest.mark.parametrize("text", ["https://exemple.fr/promo", "voir www.exemple.fr", "ikus herria.eus/berriak"])
def test_a_link(text: str) -> None:
    assert kinds(text) == {"link"}


@pytest.mark.parametrize(
    "text",
    [
        "C'est M. Dupont qui gare là",
        "Mme Etcheverry laisse son chien",
        "Mr Smith parks there",
        "Etxeberri jaunak? Iban jauna da",
        "Le voisin Jean-Luc Dupont jette ses ordures",
        "Mikel Agirre bizilagunak zakarra botatzen du",
        "John Smith from the bakery",
    ],
)
def test_a_name(text: str) -> None:
    assert "name" in kinds(text)


@pytest.mark.parametrize("text", ["bande de CONNARDS", "Enculé !", "you bastards", "putakumeak!"])
def test_an_insult_in_each_language(text: str) -> None:
    assert kinds(text) == {"insult"}


@pytest.mark.parametrize(
    "text",
    [
        "Un trou de 150 km de long, 12 rue 64",
        "Sur la rd 932 en sortant, puis la 817 et la rn 134 de Pau, à 300 m de la place",
        "Il manque 250 ml de peinture et 120 cm de bordure, le 110 le long de la cd 918",
        "DE 150 KM",
        "Le lampadaire BAY-4817 est éteint depuis le 12.11.2026",
        "Merci Monsieur le Maire, Monsieur Maire",
        "Alkate jauna, eskerrik asko",
        "Le banc est cassé. Il faut le réparer",
        "Merde de chien, ordures, la conne… non, la canne",
        "Constat à 10 h 30, 2 voitures, 3 vélos",
        "Zebrabide bat behar da eskolaren aurrean",
        "Rue Jean Jaurès, place de l'école Marie Curie, avenue du Général Pierre Koenig",
        "Xabier Zubiri kalean zulo bat, Mikel Laboa plazan ere bai",
        "1500 TTC, 1200 MHZ, 2024 KWH, RD12 EST, le 06.12.2026, 1 250 000 euros, 43.7384, 7.4246",
        "",
    ],
)
def test_what_is_left_alone(text: str) -> None:
    assert hints_of(text) == ()


def test_the_same_text_three_times_in_a_day() -> None:
    assert kinds("Un trou", same_text=2) == set()
    assert kinds("Un trou", same_text=3) == {"repeated"}
    assert kinds("", same_text=9) == set()


def test_a_hint_says_what_it_saw() -> None:
    assert [hint.found for hint in personal_data("AB-123-CD, 06 12 34 56 78, a@b.fr, M. Dupont")] == [
        "AB-123-CD",
        "06 12 34 56 78",
        "a@b.fr",
    ]


def test_only_a_town_that_says_so_makes_a_problem_wait() -> None:
    hold = {"moderation_hints": "hold"}
    assert should_wait(hold, kind="problem", texts=[None, "voiture AB-123-CD"])
    assert not should_wait({}, kind="problem", texts=["voiture AB-123-CD"])
    assert not should_wait({"moderation_hints": "show"}, kind="problem", texts=["voiture AB-123-CD"])
    assert not should_wait(hold, kind="praise", texts=["voiture AB-123-CD"])
    assert not should_wait(hold, kind="problem", texts=["Merci M. Dupont", None])


@pytest.mark.parametrize("bad", ["a" * 4000, "a." * 2000, "1 " * 2000, "AB-" * 1300, "+33" * 1300, "M. A" * 1000])
def test_a_hostile_text_costs_little(bad: str) -> None:
    began = time.thread_time()
    hints_of(bad)
    assert time.thread_time() - began < 0.5

"""Made-up queue and ticket for the gallery."""

from __future__ import annotations

from datetime import timedelta

from app.features.tickets import pages as desk
from tests.support.gallery_samples import NOW, STEPS, mini, photos

ROWS = [
    desk.QueueRow(
        "BAY-4790",
        "problem",
        "Armoire électrique ouverte, rue Sainte-Catherine",
        "Saint-Esprit",
        "/bureau/BAY-4790",
        "Retard 1 j",
        "late",
        2,
    ),
    desk.QueueRow(
        "BAY-4817",
        "problem",
        "Lampadaire éteint, quai des Corsaires",
        "Petit Bayonne",
        "/bureau/BAY-4817",
        "Demain",
        "soon",
        4,
    ),
    desk.QueueRow(
        "BAY-4822",
        "problem",
        "Trois mâts éteints, allées Marines",
        "Grand Bayonne",
        "/bureau/BAY-4822",
        "Demain",
        "soon",
        7,
    ),
    desk.QueueRow(
        "BAY-4805",
        "problem",
        "Lumière qui clignote, place Paul-Bert",
        "Petit Bayonne",
        "/bureau/BAY-4805",
        "2 j",
        "",
        1,
    ),
    desk.QueueRow(
        "BAY-4768",
        "proposal",
        "Un éclairage plus doux aux bords de Nive",
        "52 avis",
        "/bureau/BAY-4768",
        "4 j",
        note="réponse attendue",
    ),
    desk.QueueRow(
        "BAY-4830", "problem", "Candélabre penché, rue Maubec", "Saint-Esprit", "/bureau/BAY-4830", "5 j", "", 1
    ),
    desk.QueueRow(
        "BAY-4832",
        "praise",
        "Bravo pour les guirlandes de la rue Port-Neuf",
        "",
        "/bureau/BAY-4832",
        "",
        note="à transmettre à l’équipe",
    ),
]


CHILDREN = [
    desk.Child("BAY-4822", "Trois mâts éteints, allées Marines", "routed", "Éclairage public", "/bureau/BAY-4822"),
    desk.Child("BAY-4828", "", "active", "Assainissement, Communauté Pays Basque"),
    desk.Child("BAY-4829", "Flaque devant le n° 14", "done", "Voirie", "/bureau/BAY-4829"),
]


def desk_page(reference: str | None) -> desk.DeskPage:
    return desk.DeskPage(
        service="Éclairage public",
        agent="Maite Etchegaray",
        agent_role="Éclairage public",
        rows=ROWS,
        tabs=[
            desk.QueueTab("Ma file", "/bureau", 23, True),
            desk.QueueTab("Équipe", "/bureau?tab=team", 61),
            desk.QueueTab("En retard", "/bureau?tab=late", 4, late=True),
        ],
        total=23,
        sorts=[desk.Sort("Échéance", "/bureau", True), desk.Sort("Plus récents", "/bureau?sort=new")],
        other_queues=[
            desk.QueueTab("Éclairage public", "/bureau", 23, True),
            desk.QueueTab("À trier", "/bureau?q=triage", 5),
        ],
        ticket=ticket(reference) if reference else None,
        previous="/bureau/BAY-4790",
        following="/bureau/BAY-4822",
        search_url="/bureau",
    )


def ticket(reference: str) -> desk.TicketView:
    said = [
        desk.Said(
            "BAY-4817",
            "Habitante",
            NOW - timedelta(days=4),
            "Il clignote depuis lundi devant le n° 12, le trottoir est très sombre le soir.",
            "/c/BAY-4817",
            answers=[("Pour qui est-ce dangereux ?", "Enfants, Vélos"), ("Voit-on des fils électriques ?", "Non")],
        ),
        desk.Said("BAY-4820", "Habitant", NOW - timedelta(days=3), "Plus aucune lumière entre les deux ponts."),
        desk.Said(
            "BAY-4825",
            "Par téléphone",
            NOW - timedelta(days=2),
            "Une dame a trébuché hier soir sur les pavés.",
            contact="06 00 00 00 00",
        ),
    ]
    is_child = reference == "BAY-4822"
    return desk.TicketView(
        reference=reference,
        kind="problem",
        title="Lampadaire éteint, quai des Corsaires",
        state="active",
        version=7,
        opened="Ouvert il y a 5 jours",
        channel="via la carte",
        action=f"/bureau/{reference}",
        facts=[
            desk.Fact("Catégorie", "Éclairage, lampadaire"),
            desk.Fact("Responsable", "Maite Etchegaray"),
            desk.Fact("Réponse due", "Demain, 18 h", "soon"),
            desk.Fact("Soutiens", "24"),
        ],
        photos=photos("lamp", "bench", "hole"),
        said=said,
        said_total=4,
        steps=STEPS,
        transitions=[
            desk.Transition("planned", "Planifier", "calendar", "P", primary=True),
            desk.Transition("waiting", "Mettre en attente", "clock", "W"),
            desk.Transition("done", "Clore", "check", "C"),
            desk.Transition("declined", "Ne pas retenir", "close", "N", needs_text=True),
        ],
        services=[desk.Option("voirie", "Voirie"), desk.Option("proprete", "Propreté")],
        transfer_url=f"/bureau/{reference}/service",
        assign_url=f"/bureau/{reference}/moi",
        address="12 quai des Corsaires",
        place="Petit Bayonne",
        routing="Règle 12 : éclairage à Bayonne → Éclairage public",
        told=0 if is_child else 28,
        category_url=f"/bureau/{reference}/categorie",
        categories=[desk.Option("noeud", "Feux de circulation"), desk.Option("mat", "Mât penché")],
        duplicate_url=f"/bureau/{reference}/doublon",
        attach_url="" if is_child else f"/bureau/{reference}/parent",
        detach_url=f"/bureau/{reference}/detachement",
        takes_children=True,
        parent=desk.Option("/bureau/BAY-4817", "BAY-4817") if is_child else None,
        children=[] if is_child else CHILDREN,
        closes_children=0 if is_child else 2,
        place_url=f"/bureau/{reference}/lieu",
        typed={"of": "BAY-4799"} if is_child else {},
        errors={"duplicate_of": "Les deux tickets doivent être du même genre."} if is_child else {},
        map=mini(),
        public_url="/c/BAY-4817",
    )

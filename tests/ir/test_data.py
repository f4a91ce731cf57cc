"""What networks take: the numbers of tokens that their inputs may hold."""

from __future__ import annotations

import graphnet as gn
from graphnet.ir.data import demand_of


def test_tokens_are_those_of_the_smallest_table_behind_any_movement() -> None:
    net = gn.Network("tokens")
    names = ("direct", "moved", "both", "unread")
    direct, moved, both, unread = (net.input(name, (6,), dtype="int32") for name in names)
    halves = gn.reshape(moved, (2, 3))
    for tokens, count in ((direct, 7), (halves, 5), (both, 11), (both, 9)):
        gn.embedding(tokens, num_embeddings=count, embedding_dim=2)
    gn.reshape(unread, (3, 2))
    slots = {slot.name: slot for slot in demand_of(net.graph).inputs}
    assert {slot.kind for slot in slots.values()} == {"classes"}
    assert {name: slot.classes for name, slot in slots.items()} == {"direct": 7, "moved": 5, "both": 9, "unread": None}

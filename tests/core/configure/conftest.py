"""A small product model that uses every kind of feature and rule."""

from copy import deepcopy

import pytest

DOCUMENT = {
    "code": "tower", "name": "Tower", "end_item": "TOWER", "revision": "1", "base_price": "99.50", "currency": "USD",
    "features": [
        {"code": "cpu", "name": "Processor", "kind": "one", "default": "i5", "options": [
            {"code": "i5", "name": "i5", "item": "CPU-I5", "price": 100, "share": 3, "attributes": {"power": 65, "socket": "A"}},
            {"code": "i9", "name": "i9", "item": "CPU-I9", "price": 300, "attributes": {"power": 125, "socket": "B"}}]},
        {"code": "board", "name": "Board", "kind": "one", "options": [
            {"code": "b1", "name": "B1", "item": "B1", "attributes": {"sockets": ["A"]}},
            {"code": "b2", "name": "B2", "item": "B2", "price": 50, "attributes": {"sockets": ["A", "B"]}}]},
        {"code": "gpu", "name": "Graphics card", "kind": "optional", "options": [
            {"code": "g1", "name": "G1", "item": "G1", "attributes": {"power": 200, "length": 300}},
            {"code": "g2", "name": "G2", "item": "G2", "price": 400, "attributes": {"power": 350, "length": 340}}]},
        {"code": "psu", "name": "Power supply", "kind": "one", "options": [
            {"code": f"p{w}", "name": f"{w} W", "item": f"P{w}", "attributes": {"watts": w}} for w in (300, 500, 800)]},
        {"code": "extras", "name": "Extras", "kind": "many", "maximum": 2, "options": [
            {"code": code, "name": code.upper(), "price": 7, "attributes": {"power": 10}} for code in "abc"]},
        {"code": "fans", "name": "Fans", "kind": "quantity", "minimum": 0, "maximum": 4, "item": "FAN", "price": 9,
         "attributes": {"power": 5}},
        {"code": "width", "name": "Width", "kind": "number", "minimum": "1.5", "maximum": "3", "step": "0.5"},
        {"code": "engraving", "name": "Engraving", "kind": "text", "max_length": 10, "price": 15, "pattern": "[A-Za-z ]+"},
    ],
    "rules": [
        {"name": "socket", "text": "The processor must fit the board.", "rule": "board.sockets contains cpu.socket"},
        {"name": "power", "text": "The power supply must feed everything", "rule": "sum(power) * 1.2 <= psu.watts"},
        {"name": "long", "text": "A long card needs two fans", "rule": "gpu.length > 320 -> fans >= 2"},
        {"name": "engraving", "text": "Engraving needs extra A", "rule": "chosen(engraving) -> extras contains a"},
    ],
    "tables": [{"name": "cooling", "text": "An i5 takes up to two fans, or four", "features": ["cpu", "fans"],
                "allowed": [["i5", "0..2|4"], ["i9", "*"]]}],
    "lines": [{"item": "BRACKET", "quantity": "fans + 1", "when": "gpu.length > 320"}],
    "operations": [{"name": "engrave", "minutes": 5, "when": "chosen(engraving)"}],
}  # fmt: skip


@pytest.fixture
def document():
    return deepcopy(DOCUMENT)

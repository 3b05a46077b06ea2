"""A small product model that uses every kind of feature and rule, and one that uses all the rest of the language."""

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

RICH = DOCUMENT | {
    "subassemblies": ["KIT-I5"],
    "phantoms": ["CABLES"],
    "derived": [
        {"name": "peak", "expression": "load * 1.2"},
        {"name": "load", "expression": "sum(power)"},
        {"name": "chosen_cards", "expression": "count(gpu)"},
    ],
    "preferences": [
        {"prefer": "board = b2", "when": "cpu = i5 and chosen(gpu)", "weight": 2},
        {"prefer": "extras contains c", "when": "fans >= 1"},
        {"prefer": "fans = 2", "when": "gpu = g1"},
    ],
    "prices": [
        {"name": "quiet", "text": "Quiet fans", "feature": "fans", "amount": "2.5 * fans - 1", "when": "fans >= 2"},
        {"name": "upgrade", "text": "Board with a large card", "feature": "gpu", "option": "g2", "amount": -20,
         "when": "board = b2", "valid_from": "2026-03-01", "valid_until": "2026-06-01"},
        {"name": "power", "text": "Copper levy", "amount": "0.013 * peak"},
    ],
    "packages": [
        {"name": "cooling kit", "text": "Cooling kit", "choices": {"fans": 2, "extras": ["a"]}, "price": 20},
        {"name": "all round", "text": "Starter set", "feature": "extras", "option": "b", "choices": {"cpu": "i9", "board": "b2"},
         "price": 310},
    ],
    "volume_prices": [
        {"from_quantity": 50, "unit_price": 80},
        {"from_quantity": 10, "discount_percent": "2.5"},
    ],
    "currencies": [
        {"code": "CHF", "rate": "0.8", "rounding": "0.05", "base_price": "89.90",
         "prices": {"cpu": {"i5": 85}, "fans": "7.95", "engraving": 12}},
        {"code": "JPY", "rate": 150, "rounding": 1},
        {"code": "USD", "rounding": "0.01"},
    ],
    "lines": [
        *DOCUMENT["lines"],
        {"item": "CABLES", "quantity": "1 + chosen_cards"},
        {"item": "PASTE-A", "alternates": ["PASTE-B", "PASTE-C"], "when": "peak > 100"},
    ],
    "operations": [
        {"name": "engrave", "minutes": "5", "when": "chosen(engraving)", "line_group": "laser"},
        {"name": "wire", "minutes": "2 + 3 * fans"},
        {"name": "test", "minutes": 7},
    ],
    "examples": [{"name": "gaming", "choices": {"cpu": "i9", "gpu": "g2"}, "valid": True}],
}  # fmt: skip


@pytest.fixture
def document():
    return deepcopy(DOCUMENT)


@pytest.fixture
def rich():
    return deepcopy(RICH)

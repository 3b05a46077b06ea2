"""A model is read whatever its format is, packed or not."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atoll.errors import BadInput, Issue
from atoll.io import text
from atoll.io.exchange import read_constraint_model
from atoll.model.constraint import ConstraintModel

ReadText = Callable[..., ConstraintModel]
Faults = Callable[..., tuple[Issue, ...]]

TEXTS = {
    "uvl": "features\n\tA\n",
    "dimacs": "c 1 A\np cnf 1 1\n1 0\n",
    "xml": '<featureModel><struct><feature name="A"/></struct></featureModel>',
    "json": '{"variables": {"A": ["false", "true"]}, "tables": [{"scope": ["A"], "tuples": [["true"]]}]}',
}
XCSP = (
    '<instance><domains><domain name="D">0 1</domain></domains><variables><variable name="A" domain="D"/></variables></instance>'
)


@pytest.mark.parametrize("packed", ["", ".gz"])
@pytest.mark.parametrize("ending", TEXTS)
def test_a_model_is_read_by_its_ending_or_by_its_content(ending: str, packed: str, read_text: ReadText) -> None:
    for name in (f"a.{ending}{packed}", f"a.txt{packed}", f"a{packed}"):
        model = read_text(TEXTS[ending], name)
        assert [variable.name for variable in model.variables] == ["A"]


def test_the_root_tells_the_kinds_of_xml_apart(read_text: ReadText) -> None:
    assert read_text(XCSP, "a.xml").variables[0].values == ("0", "1")
    assert read_text(TEXTS["xml"], "a.xml").variables[0].values == ("false", "true")


def test_a_file_of_several_packed_pieces_is_read(read_text: ReadText) -> None:
    pieces = gzip.compress(b"features\n", mtime=0) + gzip.compress(b"\tA\n")

    assert read_text(pieces, "a.uvl.gz").variables[0].name == "A"


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"hello", "a.txt", "unknown-format"),
        (b"", "a", "unknown-format"),
        (b"\n" * 10_000 + b"x", "a", "unknown-format"),
        (b"features\n\t\xff\n", "a.uvl", "not-utf-8"),
        (b"features\n\tA\0\n", "a.uvl", "not-text"),
        (gzip.compress(b"features\n\tA\n", mtime=0)[:-9], "a.uvl.gz", "bad-gzip"),
        (b"\x1f\x8b\x00\x00", "a.uvl.gz", "bad-gzip"),
    ],
)
def test_what_is_no_model_is_refused(content: bytes, name: str, code: str, faults_of: Faults) -> None:
    assert [issue.code for issue in faults_of(content, name)] == [code]


def test_a_file_that_is_not_there_or_is_a_folder_is_refused(tmp_path: Path) -> None:
    for path, code in ((tmp_path / "none.uvl", "missing-file"), (tmp_path, "unreadable-file")):
        with pytest.raises(BadInput) as refusal:
            read_constraint_model(path)
        assert [issue.code for issue in refusal.value.issues] == [code]


def test_a_small_file_that_unpacks_to_a_huge_one_is_refused(faults_of: Faults, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "MOST_BYTES", 1_000_000)
    bomb = gzip.compress(b"features\n" * 1_000_000, mtime=0)

    assert len(bomb) < 100_000
    assert [issue.message for issue in faults_of(bomb, "a.uvl.gz")] == ["The file has more than 1,000,000 bytes."]


@settings(max_examples=100)
@given(content=st.binary(max_size=40), ending=st.sampled_from([*TEXTS, "gz", "uvl.gz", "txt"]))
def test_any_bytes_are_read_or_refused(content: bytes, ending: str, faults_of: Faults) -> None:
    assert all(issue.source.startswith("a.") for issue in faults_of(content, f"a.{ending}"))

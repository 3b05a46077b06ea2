"""The XML of FeatureIDE says which configurations there are."""

from collections.abc import Callable
from decimal import Decimal
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atoll.errors import Issue
from atoll.model.constraint import ConstraintModel

ReadText = Callable[..., ConstraintModel]
Configurations = Callable[[ConstraintModel], set[frozenset[str]]]
Faults = Callable[..., tuple[Issue, ...]]

COMPUTER = """\
<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<extendedFeatureModel>
  <properties/>
  <struct>
    <and abstract="true" mandatory="true" name="PC">
      <attribute name="Price" type="double" unit="€" value="841.90"/>
      <alt mandatory="true" name="Processor">
        <feature name="i3">
          <attribute name="Cores" type="long" value="2"/><attribute name="Turbo" type="boolean" value="false"/></feature>
        <feature name="i7 &amp; fan" hidden="true"><attribute name="Note" type="string" value="loud"/></feature>
      </alt>
      <or name="Ports"><description> many </description><feature name="USB"/><feature name="HDMI"/></or>
      <feature name="Case"><attribute name="Price" type="double"/></feature>
    </and>
  </struct>
  <constraints>
    <rule><description>The fan is loud,
      so it wants a case.</description><imp><var>i7 &amp; fan</var><var>Case</var></imp></rule>
    <rule><disj><not><conj><var>USB</var><var>HDMI</var></conj></not><eq><var>Case</var><disj><var>i3</var><var>Case</var></disj></eq></disj></rule>
    <rule><atmost1><var>Case</var><var>HDMI</var><var>i3</var></atmost1></rule>
  </constraints>
  <calculations Auto="true"/>
</extendedFeatureModel>
"""


def test_a_computer_has_the_configurations_that_one_counts_by_hand(read_text: ReadText, configurations: Configurations) -> None:
    model = read_text(COMPUTER, "pc.xml")

    expected = set()
    for processor in ("i3", "i7 & fan"):
        for ports in ((), ("USB",), ("HDMI",), ("USB", "HDMI")):
            for case in ((), ("Case",)):
                chosen = {"PC", "Processor", processor, *ports, *case} | ({"Ports"} if ports else set())
                fan = processor == "i3" or case
                second = len(ports) < 2 or (bool(case) == (processor == "i3" or bool(case)))
                if fan and second and len(chosen & {"Case", "HDMI", "i3"}) <= 1:
                    expected.add(frozenset(chosen))
    assert configurations(model) == expected
    assert len(expected) == 2 + 2


def test_attributes_and_texts_are_kept(read_text: ReadText) -> None:
    model = read_text(COMPUTER, "pc.xml")

    facts = {variable.name: dict(variable.attributes) for variable in model.variables}
    assert facts["PC"] == {"abstract": True, "Price": Decimal("841.90")}
    assert facts["i3"] == {"Cores": 2, "Turbo": False}
    assert facts["i7 & fan"] == {"hidden": True, "Note": "loud"}
    assert facts["Case"] == {}
    assert [constraint.text for constraint in model.constraints if not constraint.is_structure] == [
        "The fan is loud, so it wants a case.",
        "not (USB and HDMI) or (Case exactly when i3 or Case)",
        "at most one of (Case, HDMI, i3)",
    ]
    assert "Processor has exactly one of i3 and i7 & fan." in {constraint.text for constraint in model.constraints}


@pytest.mark.parametrize("count", [1, 2, 4])
@pytest.mark.parametrize("negated", [False, True])
def test_at_most_one_holds_and_fails_where_it_should(
    count: int, negated: bool, read_text: ReadText, configurations: Configurations
) -> None:
    names = [f"F{number}" for number in range(count)]
    rule = f"<atmost1>{''.join(f'<var>{name}</var>' for name in names)}</atmost1>"
    rule = f"<not>{rule}</not>" if negated else rule
    features = "".join(f'<feature name="{name}"/>' for name in names)
    model = read_text(
        f'<featureModel><struct><and name="R">{features}</and></struct>'
        f"<constraints><rule>{rule}</rule></constraints></featureModel>",
        "model.xml",
    )

    expected = {frozenset(["R", *some]) for n in range(count + 1) for some in combinations(names, n) if (n <= 1) != negated}
    assert configurations(model) == expected


def test_rules_and_trees_may_be_deep(read_text: ReadText) -> None:
    depth = 10_000
    tree = "".join(f'<and name="F{n}">' for n in range(depth)) + "</and>" * depth
    rule = "<not>" * depth + "<var>F0</var>" + "</not>" * depth
    disjunction = "<disj><var>F1</var>" * depth + "<var>F2</var>" + "</disj>" * depth
    rules = f"<constraints><rule>{rule}</rule><rule>{disjunction}</rule></constraints>"
    model = read_text(f"<featureModel><struct>{tree}</struct>{rules}</featureModel>", "model.xml")

    assert len(model.variables) == depth
    assert [len(constraint.parts) for constraint in model.constraints[-2:]] == [1, 1]


TREE = '<struct><and name="R"><feature name="A"/></and></struct>'
ONE = f"<featureModel>{TREE}<constraints><rule>{{}}</rule></constraints></featureModel>"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (ONE.format("<var>B</var>"), "There is no feature `B`."),
        (ONE.format(""), "Expected one expression in <rule>, found 0."),
        (ONE.format("<not><var>A</var><var>A</var></not>"), "Expected 1 expressions in <not>, found 2."),
        (ONE.format("<imp><var>A</var></imp>"), "Expected 2 expressions in <imp>, found 1."),
        (ONE.format("<conj/>"), "Expected some expressions in <conj>, found 0."),
        (ONE.format("<conj><xor/></conj>"), "<xor> means nothing in a rule."),
        (ONE.format("<atmost1><not><var>A</var></not></atmost1>"), "<atmost1> takes some hundred <var> at most"),
        ("<featureModel><struct/></featureModel>", "Expected one feature in <struct>, found 0."),
        ('<featureModel><struct><and name="A"/><and name="B"/></struct></featureModel>', "found 2."),
        ('<featureModel><struct><and name="A"><feature name="A"/></and></struct></featureModel>', "A is there already"),
        ('<featureModel><struct><and name="A"><feature/></and></struct></featureModel>', "<feature> has no name."),
        ('<featureModel><struct><and name="A"><xor name="B"/></and></struct></featureModel>', "<xor> is no feature."),
        (
            '<featureModel><struct><and name="A"><attribute name="P" type="double" value="x"/></and></struct></featureModel>',
            "`x` is no value of an attribute of type double.",
        ),
        ("<featureModel>", "Column 15: this is no XML: no element found."),
        ("<featureModel>&x;</featureModel>", "this is no XML: undefined entity."),
        ("<other/>", "<other> is no model that is read."),
    ],
)
def test_a_fault_is_told_with_its_line(text: str, message: str, faults_of: Faults) -> None:
    issues = faults_of(text, "model.xml")

    assert issues[0].source == "model.xml:1"
    assert message in issues[0].message


def test_entities_are_refused(faults_of: Faults) -> None:
    bomb = '<!DOCTYPE m [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>\n<featureModel>&b;</featureModel>'
    outside = '<!DOCTYPE m [<!ENTITY a SYSTEM "file:///etc/passwd">]>\n<featureModel>&a;</featureModel>'

    for text in (bomb, outside, '<!DOCTYPE m SYSTEM "http://example.com/m.dtd">\n<featureModel/>'):
        assert [issue.code for issue in faults_of(text, "model.xml")] == ["refused-xml"]


@settings(max_examples=200)
@given(data=st.data())
def test_damaged_text_is_refused_and_nothing_else(data: st.DataObject, faults_of: Faults) -> None:
    text = COMPUTER
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 20)))
        pieces = [
            "<",
            ">",
            "</and>",
            "<and>",
            'name="',
            "&lt;",
            "<!DOCTYPE x>",
            "<var>",
            "\0",
            "1e999",
            "<![CDATA[",
            "encoding='latin-1'",
        ]
        text = text[:start] + data.draw(st.sampled_from(pieces) | st.text(max_size=3)) + text[end:]

    assert all(issue.source.startswith("pc.xml") and issue.message for issue in faults_of(text, "pc.xml"))


@settings(max_examples=200)
@given(data=st.data())
def test_misplaced_elements_are_refused_and_nothing_else(data: st.DataObject, faults_of: Faults) -> None:
    lines = COMPUTER.splitlines()
    place = data.draw(st.integers(2, len(lines) - 1))
    old = data.draw(
        st.sampled_from(["imp", "var", "conj", "disj", "alt", "and", "or", "rule", "struct", "feature", "attribute", "value"])
    )
    new = data.draw(
        st.sampled_from(["imp", "var", "not", "conj", "atmost1", "alt", "and", "rule", "struct", "constraints", "graphics"])
    )
    text = "\n".join([*lines[:place], *(line.replace(old, new) for line in lines[place:])])

    assert all(issue.source.startswith("pc.xml") and issue.message for issue in faults_of(text, "pc.xml"))

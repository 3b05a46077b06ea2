"""UVL says which configurations there are, and says where it makes no sense."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atoll.errors import Issue
from atoll.io.uvl import NotInUvl, write_uvl
from atoll.model.constraint import Clause, Constraint, ConstraintModel, Linear, Literal, Variable

ReadText = Callable[..., ConstraintModel]
Configurations = Callable[[ConstraintModel], set[frozenset[str]]]
Faults = Callable[..., tuple[Issue, ...]]

SANDWICH = """\
namespace Lunch

// one of the first models that people write
features
    Sandwich {abstract true, Price 1}
        mandatory
            Bread
                alternative
                    "Full Grain" {Calories 203, Price 1.99, Organic}
                    Toast {Calories 313, Price 0.99, Maker 'Baker''s', Sizes [1, 2]}
        optional
            Sauce
                or
                    Ketchup
                    Mustard
            Cheese

constraints
    Ketchup => Cheese
    Mustard & Cheese => !Toast  // too much
"""


def test_a_sandwich_has_the_configurations_that_one_counts_by_hand(read_text: ReadText, configurations: Configurations) -> None:
    model = read_text(SANDWICH.replace("'Baker''s'", "'Baker'"))

    # Without sauce 2 breads × with or without cheese = 4. Ketchup needs cheese: 2 breads. Mustard alone: 2 without cheese, and
    # full grain with it. Both need cheese, and then mustard refuses toast: 1.
    assert len(configurations(model)) == 4 + 2 + 3 + 1
    assert model.name == "Lunch"
    assert [variable.name for variable in model.variables][:4] == ["Sandwich", "Bread", "Full Grain", "Toast"]


def test_attributes_are_kept_as_facts(read_text: ReadText) -> None:
    model = read_text(SANDWICH.replace("'Baker''s'", "'Baker'"))

    facts = {variable.name: dict(variable.attributes) for variable in model.variables}
    assert facts["Full Grain"] == {"Calories": 203, "Price": Decimal("1.99"), "Organic": True}
    assert facts["Toast"]["Maker"] == "Baker"
    assert facts["Toast"]["Sizes"] == (1, 2)
    assert facts["Sandwich"]["abstract"] is True


def test_the_tree_speaks_in_sentences_and_rules_keep_their_text(read_text: ReadText) -> None:
    model = read_text(SANDWICH.replace("'Baker''s'", "'Baker'"))

    sentences = [constraint.text for constraint in model.constraints if constraint.is_structure]
    rules = [(constraint.name, constraint.text) for constraint in model.constraints if not constraint.is_structure]
    assert "Bread has exactly one of Full Grain and Toast." in sentences
    assert "Sauce has one or more of Ketchup and Mustard." in sentences
    assert "Sandwich always has Bread." in sentences
    assert "Cheese comes only with Sandwich." in sentences
    assert rules == [("rule 1", "Ketchup => Cheese"), ("rule 2", "Mustard & Cheese => !Toast")]


@pytest.mark.parametrize(
    ("group", "counts"),
    [
        ("mandatory", {3}),
        ("optional", {0, 1, 2, 3}),
        ("or", {1, 2, 3}),
        ("alternative", {1}),
        ("[2]", {2}),
        ("[0..1]", {0, 1}),
        ("[1..2]", {1, 2}),
        ("[2..*]", {2, 3}),
        ("[0..*]", {0, 1, 2, 3}),
        ("[3..9]", {3}),
    ],
)
def test_a_group_takes_so_many_of_its_children(
    group: str, counts: set[int], read_text: ReadText, configurations: Configurations
) -> None:
    model = read_text(f"features\n\tR\n\t\toptional\n\t\t\tP\n\t\t\t\t{group}\n\t\t\t\t\tA\n\t\t\t\t\tB\n\t\t\t\t\tC\n")

    expected = {frozenset(["R", "P", *some]) for count in counts for some in combinations("ABC", count)}
    assert configurations(model) == expected | {frozenset(["R"])}


def test_a_large_alternative_is_a_sum_and_takes_one(read_text: ReadText) -> None:
    children = "".join(f"\t\t\tF{number}\n" for number in range(60))
    model = read_text(f"features\n\tR\n\t\talternative\n{children}")

    parts = model.constraints[1].parts
    assert isinstance(parts[0], Clause)
    assert len(parts[0].literals) == 61
    assert parts[1:] == (Linear(tuple((place, (0, 1)) for place in range(1, 61)), 1),)


TREE = """\
features
    R
        optional
            A {Price 3.25, Weight 8, Fits true}
            B {Price 7.50, Weight 1}
            C {Price 2.00, Weight 5, Label 'c'}
                optional
                    D {Price 0.1, Weight 2}
            E
"""
PRICES = {"A": Fraction("3.25"), "B": Fraction("7.5"), "C": Fraction(2), "D": Fraction("0.1")}
WEIGHTS = {"A": 8, "B": 1, "C": 5, "D": 2}
Chosen = frozenset[str]


def price(chosen: Chosen, among: str = "ABCD") -> Fraction:
    return sum((PRICES[feature] for feature in among if feature in chosen), Fraction(0))


def weight(chosen: Chosen, among: str = "ABCD") -> int:
    return sum(WEIGHTS[feature] for feature in among if feature in chosen)


def mean(chosen: Chosen) -> Fraction:
    count = sum(feature in chosen for feature in "ABCD")
    return price(chosen) / count if count else Fraction(0)


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ("sum(Price) <= 9.6", lambda c: price(c) <= Fraction("9.6")),
        ("sum(Price) - 2 * sum(Weight) > 1 / 4 - 10", lambda c: price(c) - 2 * weight(c) > Fraction(1, 4) - 10),
        ("sum(Price, C) == 2.1", lambda c: price(c, "CD") == Fraction("2.1")),
        ("sum(C, Price) != 2.1", lambda c: price(c, "CD") != Fraction("2.1")),
        ("E => sum(Price) < 5.35", lambda c: "E" not in c or price(c) < Fraction("5.35")),
        ("!(sum(Weight) >= 9)", lambda c: weight(c) < 9),
        ("sum(Weight) >= 9 <=> E", lambda c: (weight(c) >= 9) == ("E" in c)),
        ("avg(Price) < 2.5", lambda c: mean(c) < Fraction("2.5")),
        ("avg(Price) >= 2.5", lambda c: mean(c) >= Fraction("2.5")),
        ("2.5 > avg(Price)", lambda c: mean(c) < Fraction("2.5")),
        ("A.Price * A.Weight > 20", lambda c: "A" in c),
        ("A.Weight / C.Weight <= 1.5", lambda c: "C" in c and weight(c, "A") / Fraction(5) <= Fraction("1.5")),
        ("floor(A.Price) + ceil(D.Price) == 4", lambda c: {"A", "D"} <= c),
        ("-A.Price < -3", lambda c: "A" in c),
        ("A.Fits => B", lambda c: "A" not in c or "B" in c),
        ("C.Label == 'c'", lambda c: "C" in c),
        ("len(C.Label) < 1 | E", lambda c: "C" not in c or "E" in c),
        ("A => B => C", lambda c: not ("A" not in c or "B" in c) or "C" in c),
        ("(A | B) & !(C <=> E)", lambda c: bool(c & {"A", "B"}) and ("C" in c) != ("E" in c)),
        ("1 + 1 == 2", lambda c: True),
        ("1 / 0 == 1", lambda c: False),
    ],
)
def test_a_rule_leaves_what_it_says(
    rule: str, holds: Callable[[Chosen], bool], read_text: ReadText, configurations: Configurations
) -> None:
    free = configurations(read_text(TREE))

    assert configurations(read_text(f"{TREE}constraints\n    {rule}\n")) == {chosen for chosen in free if holds(chosen)}


MANY = "features\n\tR\n\t\toptional\n" + "".join(f"\t\t\tF{n} {{Price {n}.5}}\n" for n in range(1, 10)) + "constraints\n\t"


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ("sum(Price) <= 20.5", lambda total, count: total <= Fraction("20.5")),
        ("F1 => sum(Price) == 14", lambda total, count: total == 14),
        ("sum(Price) > 40 | F1 & F2", lambda total, count: total > 40),
        ("avg(Price) > 4.2", lambda total, count: count and total / count > Fraction("4.2")),
        ("avg(Price) < 4.2", lambda total, count: not count or total / count < Fraction("4.2")),
        ("avg(Price) <= 4.2", lambda total, count: not count or total / count <= Fraction("4.2")),
        ("!(avg(Price) <= 4.2)", lambda total, count: count and total / count > Fraction("4.2")),
        ("sum(Price) != 9.5", lambda total, count: total != Fraction("9.5")),
    ],
)
def test_sums_over_many_features_are_exact(
    rule: str, holds: Callable[[Fraction, int], bool], read_text: ReadText, configurations: Configurations
) -> None:
    features = {f"F{number}": number + Fraction(1, 2) for number in range(1, 10)}
    model = read_text(MANY + rule)

    def expected(chosen: tuple[str, ...]) -> bool:
        if rule.startswith("F1") and "F1" not in chosen:
            return True
        both = rule.endswith("F2") and {"F1", "F2"} <= set(chosen)
        return bool(both or holds(sum((features[name] for name in chosen), Fraction(0)), len(chosen)))

    all_of = [some for count in range(10) for some in combinations(features, count)]
    assert configurations(model) == {frozenset(["R", *some]) for some in all_of if expected(some)}
    # Ten variables with 512 combinations: not every combination is written out where a sum says the same.
    assert "!=" in rule or any(isinstance(part, Linear) for part in model.constraints[-1].parts)


def test_numbers_and_texts_have_the_values_to_which_rules_bound_them(read_text: ReadText, configurations: Configurations) -> None:
    model = read_text(
        """\
features
    R
        optional
            Integer Seats {constraint Seats => Seats >= 1 & Seats < 2 + 2}
            Real Size
            String Colour
constraints
    Size == 0.5 | Size == 1.25 | !Size
    Size => Size == 0.5 | Size == 1.25
    Colour => Colour == 'red' | Colour == 'blue'
    Seats > 2 => Colour != 'red'
    Seats * Size <= 1.5
    len(Colour) + Seats >= 4
"""
    )

    values = {variable.name: variable.values for variable in model.variables}
    assert values == {
        "R": ("false", "true"),
        "Seats": ("false", "1", "2", "3"),
        "Size": ("false", "0.5", "1.25"),
        "Colour": ("false", "blue", "red"),
    }
    expected = set()
    for seats in (0, 1, 2, 3):
        for size in (0, Fraction("0.5"), Fraction("1.25")):
            for colour in ("", "red", "blue"):
                if (seats <= 2 or colour != "red") and seats * size <= Fraction("1.5") and len(colour) + seats >= 4:
                    words = {"R"}
                    words |= {f"Seats={seats}"} if seats else set()
                    words |= {f"Size={float(size)}"} if size else set()
                    expected.add(frozenset(words | ({f"Colour={colour}"} if colour else set())))
    assert configurations(model) == expected


Tree = tuple[object, ...]
NAMES = ("A", "B", "C", "D")


def formulas() -> st.SearchStrategy[Tree]:
    leaves = st.sampled_from(NAMES).map(lambda name: ("var", name))
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            inner.map(lambda part: ("!", part)),
            st.tuples(st.sampled_from(["&", "|", "=>", "<=>"]), inner, inner),
        ),
        max_leaves=9,
    )


def as_text(formula: Tree) -> str:
    sign, *parts = formula
    if sign == "var":
        return str(parts[0])
    if sign == "!":
        return f"!({as_text(parts[0])})"
    return f"({as_text(parts[0])}) {sign} ({as_text(parts[1])})"


def as_xml(formula: Tree) -> str:
    sign, *parts = formula
    if sign == "var":
        return f"<var>{parts[0]}</var>"
    tag = {"!": "not", "&": "conj", "|": "disj", "=>": "imp", "<=>": "eq"}[str(sign)]
    return f"<{tag}>{''.join(map(as_xml, parts))}</{tag}>"


def is_true(formula: Tree, chosen: Chosen) -> bool:
    match formula:
        case ("var", name):
            return name in chosen
        case ("!", part):
            return not is_true(part, chosen)
        case ("&", left, right):
            return is_true(left, chosen) and is_true(right, chosen)
        case ("|", left, right):
            return is_true(left, chosen) or is_true(right, chosen)
        case ("=>", left, right):
            return not is_true(left, chosen) or is_true(right, chosen)
        case (_, left, right):
            return is_true(left, chosen) == is_true(right, chosen)
    raise AssertionError(formula)


@given(formula=formulas())
def test_uvl_and_feature_ide_agree_with_the_truth_of_any_formula(
    formula: Tree, read_text: ReadText, configurations: Configurations
) -> None:
    free = [frozenset(["R", *some]) for count in range(5) for some in combinations(NAMES, count)]
    expected = {chosen for chosen in free if is_true(formula, chosen)}
    tree = "features\n R\n  optional\n   A\n   B\n   C\n   D\n"
    features = "".join(f'<feature name="{name}"/>' for name in NAMES)
    xml = (
        f'<featureModel><struct><and name="R">{features}</and></struct><constraints><rule>{as_xml(formula)}</rule></constraints>'
    )

    assert configurations(read_text(f"{tree}constraints\n {as_text(formula)}\n")) == expected
    assert configurations(read_text(f"{xml}</featureModel>", "model.xml")) == expected


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Feature trees of up to nine features, with attributes, groups and rules."""
    count = draw(st.integers(1, 9))
    names = [f"F {n}" if draw(st.booleans()) else f"F{n}" for n in range(count)]
    quoted = [f'"{name}"' if " " in name else name for name in names]
    children: dict[int, list[int]] = {}
    for child in range(1, count):
        children.setdefault(draw(st.integers(0, child - 1)), []).append(child)
    lines = ["features"]

    def write(place: int, depth: int) -> None:
        attributes = draw(st.sampled_from(["", " {Price 1.25}", " {abstract}", " {Note 'x y', Fast false}"]))
        lines.append("\t" * depth + quoted[place] + attributes)
        left = children.get(place, [])
        while left:
            size = draw(st.integers(1, len(left)))
            group = draw(st.sampled_from(["mandatory", "optional", "or", "alternative", "[1..2]", "[0..1]", "[2..*]"]))
            lines.append("\t" * (depth + 1) + group)
            for child in left[:size]:
                write(child, depth + 2)
            left = left[size:]

    write(0, 1)
    lines.append("constraints")
    for _ in range(draw(st.integers(0, 3))):
        one, other = (quoted[draw(st.integers(0, count - 1))] for _ in range(2))
        lines.append("\t" + draw(st.sampled_from([f"{one} => !{other}", f"{one} | {other}", f"({one} <=> {other}) | {one}"])))
    return "\n".join(lines)


@given(text=documents())
def test_what_is_written_reads_as_it_was(text: str, read_text: ReadText, configurations: Configurations) -> None:
    model = read_text(text)
    written = write_uvl(model)
    again = read_text(written)

    assert again.variables == model.variables
    assert configurations(again) == configurations(model)
    assert {c.parts for c in again.constraints if c.is_structure} == {c.parts for c in model.constraints if c.is_structure}
    assert write_uvl(again) == written


def test_sums_are_written_as_sums_over_an_attribute(read_text: ReadText, configurations: Configurations) -> None:
    model = read_text(MANY + "F1 => sum(Price) <= 14")
    again = read_text(write_uvl(model))

    assert configurations(again) == configurations(model)
    assert "sum(amount_1) <= " in write_uvl(model)


def test_a_model_without_a_tree_is_written_below_a_feature_that_is_added(
    read_text: ReadText, configurations: Configurations
) -> None:
    clause = Constraint("c", "a or b", (Clause((Literal(0, 1), Literal(1, 1))),))
    model = ConstraintModel("m", (Variable("m", ("false", "true")), Variable("b c", ("false", "true"))), (clause,))
    again = read_text(write_uvl(model))

    assert [variable.name for variable in again.variables] == ["m_", "m", "b c"]
    assert configurations(again) == {chosen | {"m_"} for chosen in configurations(model)}


def test_what_uvl_cannot_say_is_refused() -> None:
    with pytest.raises(NotInUvl, match="The variable colour cannot be written as UVL: its values are red, blue"):
        write_uvl(ConstraintModel("m", (Variable("colour", ("red", "blue")),), ()))
    with pytest.raises(NotInUvl, match="quotation mark"):
        write_uvl(ConstraintModel("m", (Variable('a"b', ("false", "true")),), ()))


@pytest.mark.parametrize(
    ("text", "source", "message"),
    [
        ("features\n\tA\n\t\toptional\n\t\t\tB C\n", "model.uvl:4", "Column 6: expected `{` or the end of the line, found `C`."),
        ("features\n\tA\n\t\tB\n", "model.uvl:3", "Column 3: expected a group (mandatory, optional, or, alternative or [1..2])"),
        ("features\n\tA\n\t\tor\n\t\t\tB\n\t\t C\n", "model.uvl:5", "the indentation fits no line above"),
        ("features\n\tA\nconstraints\n\tA => \n", "model.uvl:4", "Column 6: expected a feature, a number"),
        ("features\n\tA\nconstraints\n\t(A & A\n\tA\n", "model.uvl:4", "Column 2: expected `)`, found the end of the file."),
        ("features\n\tA\nconstraints\n\tA) & A\n", "model.uvl:4", "Column 3: expected an operator"),
        ("features\n\tA\nconstraints\n\tA & X\n", "model.uvl:4", "Column 6: there is no feature `X`."),
        ("features\n\tA\nconstraints\n\tA.Price > 1\n", "model.uvl:4", "A has no attribute `Price`"),
        ("features\n\tA\nconstraints\n\tA + 1\n", "model.uvl:4", "expected a number"),
        ("features\n\tA {P 1}\nconstraints\n\tsum(P)\n", "model.uvl:4", "expected a feature or a comparison"),
        ("features\n\tA {P 1}\nconstraints\n\tA.P < 'x'\n", "model.uvl:4", "expected a number"),
        ("features\n\tA\n\tB\n", "model.uvl:3", "expected one feature at the top"),
        ("features\n\tA\n\t\tor\n\t\t\tA\n", "model.uvl:4", "the feature A is there already, in line 2"),
        ("features\n\tA\n\t\t[2..1]\n\t\t\tB\n", "model.uvl:3", "expected the smaller number first"),
        ("features\n\tA {P 1, P 2}\n", "model.uvl:2", "the attribute P is there already"),
        ("features\n\tA-B\n", "model.uvl:2", "expected `{` or the end of the line, found `-`"),
        ("imports\n\tother as o\nfeatures\n\tA\n", "model.uvl:2", "imports are not read"),
        ("features\n\tA cardinality [1..3]\n", "model.uvl:2", "features that can be there several times are not read"),
        ("features\n\tInteger A\n", "model.uvl:2", "The Integer feature A has no finite set of values"),
        ("features\n\tString A\n", "model.uvl:2", "The String feature A has no finite set of values"),
        ("hello\n", "model.uvl:1", "expected one of namespace, include, imports, features, constraints"),
        ("", "model.uvl:1", "Expected `features` and a feature below it."),
        ("features\n\tA\n/* never closed\n", "model.uvl:3", "Column 1: expected `*/`, found the end of the file."),
        ("features\n\t4you\n", "model.uvl:2", "Column 2: expected a name, found `4you`."),
        ("features\n\tA {P 123456789012345678901}\n", "model.uvl:2", "a number of at most 20 digits"),
    ],
)
def test_a_fault_is_told_with_its_line_and_column(text: str, source: str, message: str, faults_of: Faults) -> None:
    issues = faults_of(text)

    assert [issue.source for issue in issues] == [source]
    assert message in issues[0].message


def test_all_faults_are_told_at_once(faults_of: Faults) -> None:
    issues = faults_of("features\n\tA ?\n\t\twrong\n\t\t\tB\n\t\t\tB\nconstraints\n\tA &\n\tA ||\n")

    assert [issue.source.removeprefix("model.uvl:") for issue in issues] == ["2", "3", "5", "7", "8"]


def test_rules_are_checked_even_where_a_feature_has_no_finite_set_of_values(faults_of: Faults) -> None:
    issues = faults_of("features\n\tInteger A\nconstraints\n\tA > 1 & B\n\tA < 'x'\n\tA + 1\n")

    assert [issue.code for issue in issues] == ["not-finite", "unknown-feature", "not-a-number", "not-a-condition"]


def test_language_levels_brackets_over_lines_and_comments_are_read(read_text: ReadText, configurations: Configurations) -> None:
    text = """\
include
    Boolean.group-cardinality
    Arithmetic.*
/* a comment
   over two lines */
namespace "A name"
features
    R {   // brackets hold a line open
        note 'it // is no comment',
        inner {deep 1, list [true, -2.5]}
    }
        optional
            A {constraint A => B, constraints [!C, B | C]}
            B
            C
"""
    model = read_text(text)

    assert configurations(model) == {frozenset("RB"), frozenset("RAB")}
    expected = {"note": "it // is no comment", "inner.deep": 1, "inner.list": (True, Decimal("-2.5"))}
    assert dict(model.variables[0].attributes) == expected


def test_a_rule_may_be_as_deep_and_as_long_as_it_likes(read_text: ReadText) -> None:
    deep = "(" * 20_000 + "A" + ")" * 20_000
    nots = "!" * 20_001 + "A"
    long = " | ".join(["A"] * 10_000 + ["B"])
    model = read_text(f"features\n\tR\n\t\toptional\n\t\t\tA\n\t\t\tB\nconstraints\n\t{deep}\n\t{nots}\n\t{long}\n")

    assert [len(constraint.parts) for constraint in model.constraints[-3:]] == [1, 1, 1]


@pytest.mark.parametrize(
    "text", ["1" * 300_000 + "x", "/* " * 100_000, '"' * 300_001, "( " * 100_000, "!" * 300_000, "\n" * 300_000]
)
def test_nonsense_of_any_length_is_refused(text: str, faults_of: Faults) -> None:
    assert faults_of(f"features\n\tA\nconstraints\n\t{text} &")


def test_a_product_of_many_features_is_refused_in_words(faults_of: Faults) -> None:
    features = "".join(f"\t\t\tF{n} {{P 2}}\n" for n in range(20_000))
    issues = faults_of(f"features\n\tR\n\t\toptional\n{features}constraints\n\tsum(P) * sum(P) > 3\n")

    assert [issue.message for issue in issues] == [
        "The comparison is no sum, and 20000 features decide it. Their values may have 1,024 combinations at most."
    ]


def test_a_tree_may_be_deep(read_text: ReadText) -> None:
    lines = [f"{' ' * 2 * depth} F{depth}\n{' ' * (2 * depth + 1)} mandatory\n" for depth in range(1500)]
    model = read_text(f"features\n{''.join(lines)}{' ' * 3000} F\n")

    assert len(model.variables) == 1501
    assert read_text(write_uvl(model)).variables == model.variables


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (" <=> ".join(f"F{n}" for n in range(40)), "formula-too-large"),
        (" * ".join(f"F{n}.P" for n in range(40)) + " > 1", "comparison-too-large"),
        ("(" + " | ".join(f"F{n} & F{n + 1}" for n in range(39)) + ")", "formula-too-large"),
        ("sum(P) < 3 | sum(P) > 9", "sums-together"),
        ("sum(P) * 10000000000000000000 < 3", "sum-too-large"),
        ("9999999999999999999 * 9999999999999999999 > sum(P)", "number-too-large"),
    ],
)
def test_a_rule_that_would_grow_without_end_is_refused(rule: str, code: str, faults_of: Faults) -> None:
    features = "".join(f"\t\t\tF{n} {{P 2.5}}\n" for n in range(40))
    issues = faults_of(f"features\n\tR\n\t\toptional\n{features}constraints\n\t{rule}\n")

    assert [issue.code for issue in issues] == [code]


WORDS = [
    "A",
    "&",
    "=>",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    "1.5",
    "..",
    ",",
    '"',
    "'",
    "\n",
    "\t",
    "features",
    "or",
    "sum(",
    "Integer ",
    "é",
    "\x00",
    " * 99999999999999999999",
    "/*",
]
FULL = (
    TREE
    + "            Integer N {constraint N >= 0 & N <= 3}\nconstraints\n    sum(Price) <= 9 & N > 1\n    C.Label == 'c' => !D\n"
)


@settings(max_examples=300)
@given(data=st.data())
def test_damaged_text_is_refused_and_nothing_else(data: st.DataObject, faults_of: Faults) -> None:
    text = FULL
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 12)))
        text = text[:start] + data.draw(st.sampled_from(WORDS) | st.text(max_size=3)) + text[end:]

    assert all(issue.source.startswith("model.uvl") and issue.message for issue in faults_of(text))

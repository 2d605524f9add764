"""The JSON document follows its published schema and says what the report says."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from pydicom import Dataset

from mammovlm.results import ReportOptions, result_document, result_schema, structured_report
from report_examples import EXAMPLES, MASS, normal, nothing_trained, partial, suspicious


def document_of(name: str) -> dict[str, Any]:
    study, findings, words = {**EXAMPLES, "nothing trained": nothing_trained}[name]()
    report = structured_report(study, findings, words, None, ReportOptions())
    made = result_document(
        study, findings, words, report, objects=[report], timings_s={"fetch": 0.1, "read": 0.25}
    )
    return dict(json.loads(json.dumps(made)))


def properties(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(schema, dict):
        for name, described in schema.get("properties", {}).items():
            yield f"{path}/{name}", described
        for key, value in schema.items():
            yield from properties(value, f"{path}/{key}")
    if isinstance(schema, list):
        for value in schema:
            yield from properties(value, path)


def test_the_schema_is_valid_and_describes_every_property() -> None:
    jsonschema.Draft202012Validator.check_schema(result_schema())
    described = dict(properties(result_schema()))
    assert len(described) > 60
    bare = [n for n, p in described.items() if not ("description" in p or "$ref" in p)]
    assert bare == []
    assert all(d["description"] for d in result_schema()["$defs"].values())


@pytest.mark.parametrize("name", [*EXAMPLES, "nothing trained"])
def test_every_document_follows_the_schema(name: str) -> None:
    jsonschema.validate(document_of(name), result_schema())


def test_the_schema_refuses_a_number_out_of_range() -> None:
    document = document_of("normal exam without findings")
    document["breasts"][0]["suspicion"]["value"] = 1.2
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, result_schema())


def test_the_numbers_are_those_of_the_findings_unrounded() -> None:
    document = document_of("suspicious with patient text")
    _, findings, _ = suspicious()
    left = document["breasts"][1]
    assert left["laterality"] == "L"
    assert findings.breasts[1].suspicion is not None
    assert left["suspicion"]["low"] == findings.breasts[1].suspicion.low
    assert left["suggested_category"] == "4"
    assert document["breasts"][0]["suggested_category"] == "3"
    assert sum(document["density"]["probabilities"].values()) == pytest.approx(1)


def test_what_is_missing_is_named() -> None:
    document = document_of("partial study")
    assert document["status"] == "partial"
    assert document["missing"] == ["LMLO"]
    assert [image["reason"] for image in document["left_out"]] == [
        "spot-compression",
        "spot-compression",
        "attribute-missing",
    ]
    assert document["report"]["completion"] == "PARTIAL"


def test_an_untrained_head_is_null() -> None:
    document = document_of("heads not available")
    assert document["not_available"] == ["presence", "suspicion"]
    assert document["breasts"][0]["suspicion"] is None
    assert document["breasts"][0]["suggested_category"] is None


def test_regions_are_those_of_the_findings_and_null_where_nothing_was_searched() -> None:
    document = document_of("suspicious with regions")
    regions = {view["view"]: view["regions"] for view in document["views"]}
    assert regions["RCC"] == []
    assert [region["kind"] for region in regions["LCC"]] == ["mass", "calcifications", "benign"]
    assert regions["LCC"][0]["row"] == MASS.row
    assert regions["LCC"][0]["evidence"] == MASS.evidence
    assert document_of("suspicious with patient text")["views"][0]["regions"] is None


def test_the_document_holds_no_patient_data() -> None:
    text = json.dumps(document_of("partial study"))
    header = partial()[0].views[0].source.header
    for value in (str(header.PatientName), header.PatientID, header.PatientBirthDate):
        assert value not in text


def test_a_report_of_another_maker_is_refused() -> None:
    study, findings, words = normal()
    with pytest.raises(ValueError, match="not a structured report of MammoVLM"):
        result_document(study, findings, words, Dataset(), objects=[Dataset()], timings_s={})

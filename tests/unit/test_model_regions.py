"""Regions: where the evidence is highest, in the pixels of the stored image, inside the breast."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mammovlm.findings import RegionKind
from mammovlm.model.evidence_map import evidence_map
from mammovlm.model.image_processor import ImageProcessor, Placement
from mammovlm.model.lesion_finder import KINDS, CellFindings, DecisiveCells
from mammovlm.model.placement import to_stored
from mammovlm.model.regions import LEAST_EVIDENCE, MOST_REGIONS, InputGrid, regions_of
from mammovlm.results.heat_picture import levels
from mammovlm.study import Laterality
from simulated_studies import breast_picture

PLAIN = InputGrid(128, 96, Placement(0, 0, 1.0, 0, None), 128, 96)
HIGH = LEAST_EVIDENCE + 3.0
finite = st.floats(-3000, 3000)


def decided(found: CellFindings) -> DecisiveCells:
    return DecisiveCells(found, found.evidence)


def cells(**peaks: tuple[int, int, float]) -> DecisiveCells:
    evidence = torch.full((1, 16, 12), -30.0)
    for row, column, logit in peaks.values():
        evidence[0, row, column] = logit
    nothing = torch.zeros(1, 16, 12)
    return decided(CellFindings(evidence, nothing, torch.zeros(1, len(KINDS), 16, 12)))


@given(
    row=finite,
    column=finite,
    placement=st.builds(
        Placement,
        row=st.floats(0, 4000),
        column=st.floats(0, 4000),
        scale=st.floats(0.05, 5),
        rows_above=st.integers(0, 900),
        mirrored_width=st.none() | st.integers(1, 800),
    ),
)
def test_a_place_comes_back_from_the_input_to_where_it_was(
    row: float, column: float, placement: Placement
) -> None:
    back = to_stored(placement, *placement.to_input(row, column))
    assert back == pytest.approx((row, column), abs=1e-6)
    there = placement.to_input(*to_stored(placement, row, column))
    assert there == pytest.approx((row, column), abs=1e-6)


def test_the_kinds_are_those_of_the_lesion_finder() -> None:
    assert tuple(RegionKind) == KINDS


def test_a_local_maximum_is_marked_with_the_cells_around_it_that_are_nearly_as_evident() -> None:
    found = cells(
        peak=(5, 4, HIGH),
        beside=(5, 5, HIGH - 1),
        above=(4, 4, HIGH - 0.5),
        below=(6, 4, HIGH - 2.5),
    )
    found.found.suspicion[0, 5, 4] = 2.0
    found.found.kinds[0, 1, 5, 4] = 1.0
    (region,) = regions_of(found, PLAIN)
    # two cells by two, from row 32 and column 32 on, and half a cell around them
    assert (region.row, region.column) == (40.0, 40.0)
    assert (region.row_radius, region.column_radius) == (12.0, 12.0)
    assert region.evidence == pytest.approx(torch.tensor(HIGH).sigmoid().item())
    assert region.suspicion == pytest.approx(torch.tensor(2.0).sigmoid().item())
    assert region.kind is RegionKind.CALCIFICATIONS


def test_the_scores_are_the_finders_and_the_place_is_where_the_logit_rests() -> None:
    sure = cells(a=(2, 2, HIGH), b=(8, 8, HIGH + 1), unsure=(12, 3, LEAST_EVIDENCE - 1))
    weight = torch.full((1, 16, 12), -30.0)
    weight[0, 2, 3], weight[0, 8, 8], weight[0, 12, 3] = HIGH + 3, HIGH + 1, HIGH + 2
    first, second = regions_of(DecisiveCells(sure.found, weight), PLAIN)
    assert (first.row, first.column, second.row, second.column) == (20.0, 28.0, 68.0, 68.0)
    assert first.evidence == pytest.approx(torch.tensor(HIGH).sigmoid().item())
    assert second.evidence == pytest.approx(torch.tensor(HIGH + 1).sigmoid().item())


def test_the_most_evident_come_first_and_there_are_never_more_than_a_few() -> None:
    found = cells(a=(2, 2, HIGH), b=(2, 8, HIGH + 2), c=(8, 2, HIGH + 1), d=(8, 8, HIGH - 1))
    regions = regions_of(found, PLAIN)
    assert len(regions) == MOST_REGIONS
    assert [(r.row, r.column) for r in regions] == [(20.0, 68.0), (68.0, 20.0), (20.0, 20.0)]


def test_what_is_hardly_evident_is_not_marked() -> None:
    assert regions_of(cells(peak=(5, 4, LEAST_EVIDENCE - 0.01)), PLAIN) == ()
    assert regions_of(cells(), PLAIN) == ()


def test_two_maxima_of_one_lesion_are_one_region() -> None:
    found = cells(a=(5, 4, HIGH + 1), between=(5, 5, HIGH), b=(5, 6, HIGH + 0.5))
    assert len(regions_of(found, PLAIN)) == 1


def test_images_are_looked_at_one_by_one() -> None:
    one = cells().found
    two = decided(CellFindings(*(torch.zeros(2, *each.shape[1:]) for each in vars(one).values())))
    with pytest.raises(ValueError, match="one image"):
        regions_of(two, PLAIN)


@settings(max_examples=40, deadline=None)
@given(
    rows=st.integers(120, 500),
    columns=st.integers(100, 400),
    side=st.sampled_from(Laterality),
    where=st.tuples(st.floats(0.35, 0.65), st.floats(0.05, 0.4)),
)
def test_a_bright_spot_is_marked_where_it_lies_in_the_stored_image(
    rows: int, columns: int, side: Laterality, where: tuple[float, float]
) -> None:
    down, across = where[0] * rows, where[1] * columns
    if side is Laterality.RIGHT:
        across = columns - 1 - across
    height, width = 504, 400
    picture = breast_picture(rows, columns, side=side) * 0.5
    y, x = np.mgrid[0:rows, 0:columns]
    distance = np.hypot(y - down, x - across)
    picture = np.maximum(picture, (distance < 0.03 * rows) * 1.0).astype(np.float32)
    prepared, placement = ImageProcessor(height, width).placed(picture)
    grey = torch.nn.functional.avg_pool2d(prepared, 8)
    found = decided(
        CellFindings(
            (grey > 0.9).float() * 40 - 30,
            torch.zeros_like(grey),
            torch.zeros(1, len(KINDS), *grey.shape[1:]),
        )
    )
    grid = InputGrid(height, width, placement, rows, columns)
    regions = regions_of(found, grid)
    cell = 8 / placement.scale
    assert len(regions) == 1
    # regions count from the corner of the first pixel, the picture was drawn from its middle
    assert regions[0].row == pytest.approx(down + 0.5, abs=cell)
    assert regions[0].column == pytest.approx(across + 0.5, abs=cell)
    heat = levels(evidence_map("1", found, grid), rows, columns)
    hottest = np.argwhere(heat == heat.max()).mean(axis=0)
    assert tuple(hottest) == pytest.approx((down, across), abs=cell)
    assert regions[0].column - regions[0].column_radius >= 0
    assert regions[0].column + regions[0].column_radius <= columns


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**16), side=st.sampled_from(Laterality))
def test_no_region_lies_outside_the_breast(seed: int, side: Laterality) -> None:
    picture = breast_picture(300, 240, side=side)
    prepared, placement = ImageProcessor(504, 400).placed(picture)
    share = torch.nn.functional.avg_pool2d((prepared > 0).float(), 8)
    logits = 8 * torch.randn(share.shape, generator=torch.Generator().manual_seed(seed))
    found = decided(
        CellFindings(
            logits.masked_fill(share < 0.5, -30.0),
            logits,
            torch.zeros(1, len(KINDS), *share.shape[1:]),
        )
    )
    inside, cell = picture > 0, 8 / placement.scale
    for region in regions_of(found, InputGrid(504, 400, placement, *picture.shape)):
        assert 0 <= region.row - region.row_radius < region.row + region.row_radius <= 300
        assert region.column - region.column_radius >= 0
        assert region.column + region.column_radius <= 240
        assert region.row_radius > 0
        assert region.column_radius > 0
        corners = np.argwhere(inside)
        nearest = np.abs(corners - (region.row, region.column)).max(axis=1).min()
        assert nearest <= cell

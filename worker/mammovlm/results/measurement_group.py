"""One measurement group, without a region (TID 1501) or of one (TID 1410), as viewers can show it.

OHIF shows a group that has a tracking unique identifier and at least one NUM, where every NUM
has a child item; so each group here has them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from highdicom.sr import (
    ContainerContentItem,
    ContentItem,
    NumContentItem,
    TrackingIdentifier,
)
from pydicom.sr.coding import Code

from mammovlm.findings import Density
from mammovlm.results import codes
from mammovlm.results.content_items import (
    INFERRED_FROM,
    breast_site,
    code,
    container,
    image,
    number,
)
from mammovlm.results.percent import percent
from mammovlm.study import SourceImage


@dataclass(frozen=True)
class GroupContent:
    """What one group says.

    Parameters
    ----------
    title
        Tracking Identifier (112039, DCM), such as "Density R"; unique in the report.
    tracking_uid
        Tracking Unique Identifier (112040, DCM).
    finding
        What the group is about (121071, DCM).
    side
        CID 244.
    numbers
        At least one.
    images
        The images it rests on.
    algorithm
        TID 4019 items of the group; empty where each number has its own.
    evaluations
        Codes that were derived from the numbers.
    region
        The outline in the image that the group is about, which then names the image itself.
    """

    title: str
    tracking_uid: str
    finding: Code
    side: Code
    numbers: Sequence[NumContentItem]
    images: Sequence[SourceImage]
    algorithm: Sequence[ContentItem] = field(default=())
    evaluations: Sequence[ContentItem] = field(default=())
    region: ContentItem | None = None


def measurement_group(content: GroupContent) -> ContainerContentItem:
    """Make the container (125007, DCM) with its rows in the order of TID 1501 or 1410."""
    tracking = TrackingIdentifier(uid=content.tracking_uid, identifier=content.title)
    region = () if content.region is None else (content.region,)
    items: list[ContentItem] = [
        *tracking,
        code(codes.FINDING, content.finding),
        *region,
        breast_site(content.side),
        *content.algorithm,
        *content.numbers,
        *(image(source) for source in content.images),
        *content.evaluations,
    ]
    return container(codes.MEASUREMENT_GROUP, items, template="1410" if region else "1501")


def density_items(
    density: Density, images: Sequence[SourceImage]
) -> tuple[NumContentItem, ContentItem]:
    """Make the probability of the density category, and the category (CID 6000)."""
    probability = number(
        codes.CERTAINTY_OF_FINDING,
        percent(density.probability),
        codes.PERCENT,
        children=[image(source, relationship=INFERRED_FROM) for source in images],
    )
    return probability, code(codes.BREAST_COMPOSITION, codes.DENSITIES[density.category])

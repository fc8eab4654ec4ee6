"""Where labels go: greedy placement of boxes around points, and spreading of labels along one side.

Pure geometry in pixels, no drawing. Placement tries candidate positions around each point, nearest first,
most crowded labels first, with a few shuffled restarts, after Christensen, Marks and Shieber (1995).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from chipflows.errors import FigureError

__all__ = ["Box", "place", "spread"]

Array = npt.NDArray[np.float64]
_RESTARTS = 40
_ANGLES = np.deg2rad([0, 180, 45, 315, 135, 225, 90, 270, 20, 160, 340, 200])


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels."""

    x0: float
    y0: float
    x1: float
    y1: float

    def overlaps(self, other: Box) -> bool:
        """Return whether the two share any area."""
        return self.x0 < other.x1 and other.x0 < self.x1 and self.y0 < other.y1 and other.y0 < self.y1


def _candidates(anchor: tuple[float, float], size: tuple[float, float], reach: Array) -> Array:
    """Return candidate boxes (n x 4) for a label of *size* around *anchor*, nearest first.

    Each leans away from the point: a label to the right starts at the point, one above is centred over it.
    """
    width, height = size
    cos, sin = np.cos(_ANGLES), np.sin(_ANGLES)
    across = np.where(np.abs(cos) < 0.3, -0.5, np.where(cos > 0, 0.0, -1.0))
    up = np.where(np.abs(sin) < 0.4, -0.5, np.where(sin > 0, 0.0, -1.0))
    x0 = anchor[0] + np.outer(reach, cos) + across * width
    y0 = anchor[1] + np.outer(reach, sin) + up * height
    return np.stack([x0, y0, x0 + width, y0 + height], axis=-1).reshape(-1, 4)


def _hits(boxes: Array, obstacles: Array) -> Array:
    """Return, for each box (n x 4), how many obstacles (m x 4) it overlaps."""
    if obstacles.size == 0:
        return np.zeros(len(boxes))
    apart_x = (boxes[:, None, 2] <= obstacles[None, :, 0]) | (obstacles[None, :, 2] <= boxes[:, None, 0])
    apart_y = (boxes[:, None, 3] <= obstacles[None, :, 1]) | (obstacles[None, :, 3] <= boxes[:, None, 1])
    return np.asarray((~(apart_x | apart_y)).sum(axis=1), dtype=float)


def _crossed(anchor: Array, boxes: Array, obstacles: Array) -> Array:
    """Return, for each box, whether the tie from *anchor* to it meets an obstacle elsewhere."""
    if obstacles.size == 0 or not len(boxes):
        return np.zeros(len(boxes), dtype=bool)
    own = (obstacles[:, 0] <= anchor[0]) & (anchor[0] <= obstacles[:, 2])
    own &= (obstacles[:, 1] <= anchor[1]) & (anchor[1] <= obstacles[:, 3])
    others = obstacles[~own]
    near = np.stack(
        [np.clip(anchor[0], boxes[:, 0], boxes[:, 2]), np.clip(anchor[1], boxes[:, 1], boxes[:, 3])], axis=1
    )
    met = np.zeros(len(boxes), dtype=bool)
    for share in np.linspace(0.2, 1.0, 9):
        spots = anchor + share * (near - anchor)
        met |= _hits(np.concatenate([spots, spots + 1e-6], axis=1), others) > 0
    return met


def _misleading(anchor: Array, boxes: Array, anchors: Array) -> Array:
    """Return, for each box, whether some other label's point is nearer to it than its own."""

    def away(points: Array) -> Array:
        x = np.clip(points[None, :, 0], boxes[:, None, 0], boxes[:, None, 2]) - points[None, :, 0]
        y = np.clip(points[None, :, 1], boxes[:, None, 1], boxes[:, None, 3]) - points[None, :, 1]
        return np.hypot(x, y)

    others = anchors[(anchors != anchor).any(axis=1)]
    if not len(others) or not len(boxes):
        return np.zeros(len(boxes), dtype=bool)
    return np.asarray(away(others).min(axis=1) < away(anchor[None, :])[:, 0])


def _free(
    anchors: Array, sizes: Array, obstacles: Array, bounds: Box, soft: Array, gap: float
) -> list[Array]:
    """Return, for each label, its candidate boxes that are in bounds and off every fixed obstacle."""
    diagonal = float(np.hypot(bounds.x1 - bounds.x0, bounds.y1 - bounds.y0))
    reach = np.concatenate([[gap], gap + np.geomspace(gap * 0.5, max(diagonal * 0.35, 2 * gap), 14)])
    free = []
    for anchor, size in zip(anchors, sizes, strict=True):
        boxes = _candidates((anchor[0], anchor[1]), (size[0], size[1]), reach)
        inside = (boxes[:, 0] >= bounds.x0) & (boxes[:, 2] <= bounds.x1)
        inside &= (boxes[:, 1] >= bounds.y0) & (boxes[:, 3] <= bounds.y1)
        boxes = boxes[inside & (_hits(boxes, obstacles) == 0)]
        # In steps outwards: lying on a threshold line costs two and a half, a tie across another point five,
        # standing nearer to another point than to its own three.
        penalty = 2.5 * (_hits(boxes, soft) > 0) + 5.0 * _crossed(anchor, boxes, obstacles)
        penalty += 3.0 * _misleading(anchor, boxes, anchors)
        cost = np.arange(len(boxes)) + len(_ANGLES) * penalty
        order = np.argsort(cost, kind="stable")
        free.append(boxes[order])
    return free


def _greedy(free: list[Array], order: Sequence[int]) -> tuple[dict[int, Array], float]:
    """Give each label in *order* its best box off those placed before; return boxes and total rank."""
    placed: dict[int, Array] = {}
    rank = 0.0
    for index in order:
        taken = np.array(list(placed.values())).reshape(-1, 4)
        open_boxes = np.flatnonzero(_hits(free[index], taken) == 0)
        if open_boxes.size:
            placed[index] = free[index][open_boxes[0]]
            rank += float(open_boxes[0])
    return placed, rank


def place(
    anchors: Sequence[tuple[float, float]],
    sizes: Sequence[tuple[float, float]],
    bounds: Box,
    obstacles: Sequence[Box] = (),
    soft: Sequence[Box] = (),
    names: Sequence[str] | None = None,
    gap: float = 6.0,
) -> list[Box]:
    """Return a box for each label: inside *bounds*, off every obstacle and off every other label.

    *anchors* are the points and *sizes* the labels' widths and heights, in pixels; *soft* boxes (lines) are
    avoided where possible. Same input, same answer. Raises FigureError naming the labels (*names*) that
    find no room.
    """
    if not anchors:
        return []
    fixed, lines = (
        np.array([[b.x0, b.y0, b.x1, b.y1] for b in boxes]).reshape(-1, 4) for boxes in (obstacles, soft)
    )
    free = _free(np.array(anchors, float), np.array(sizes, float), fixed, bounds, lines, gap)
    random = np.random.default_rng(7)
    order = sorted(range(len(free)), key=lambda index: len(free[index]))
    best, best_rank = _greedy(free, order)
    for _ in range(_RESTARTS):
        if len(best) == len(free) and best_rank <= 4 * len(free):
            break
        order = list(random.permutation(len(free)))
        placed, rank = _greedy(free, order)
        if (len(placed), -rank) > (len(best), -best_rank):
            best, best_rank = placed, rank
    if len(best) < len(free):
        left = [names[i] if names else str(i) for i in range(len(free)) if i not in best]
        raise FigureError(
            f"no room for the labels {', '.join(left)}: label fewer points or use a larger size"
        )
    return [Box(*(float(value) for value in best[index])) for index in range(len(free))]


def spread(centres: Sequence[float], heights: Sequence[float], low: float, high: float) -> list[float]:
    """Return centres moved as little as needed so that labels of *heights* do not overlap within low..high.

    Order is kept. Raises FigureError when together they are taller than the room.
    """
    if not centres:
        return []
    if sum(heights) > high - low + 1e-9:
        raise FigureError(
            f"{len(centres)} labels need {sum(heights):.0f} px, there are {high - low:.0f}: "
            "show fewer series or use a larger size"
        )
    order = sorted(range(len(centres)), key=lambda index: (centres[index], index))
    # Pool-adjacent blocks: each block is a run of labels that touch, placed at its mean wish.
    blocks: list[tuple[list[int], float]] = []
    for index in order:
        members = [index]
        start = _clamp(centres[index] - heights[index] / 2, heights[index], low, high)
        while blocks and blocks[-1][1] + sum(heights[m] for m in blocks[-1][0]) > start + 1e-9:
            members = blocks.pop()[0] + members
            start = _wish(members, centres, heights, low, high)
        blocks.append((members, start))
    moved = [0.0] * len(centres)
    for members, bottom in blocks:
        edge = bottom
        for index in members:
            moved[index] = edge + heights[index] / 2
            edge += heights[index]
    return moved


def _clamp(start: float, height: float, low: float, high: float) -> float:
    """Return a block's lower edge kept within low..high."""
    return min(max(start, low), high - height)


def _wish(
    members: list[int], centres: Sequence[float], heights: Sequence[float], low: float, high: float
) -> float:
    """Return the lower edge at which a block of touching labels is nearest its labels' wishes."""
    offset, starts = 0.0, []
    for index in members:
        starts.append(centres[index] - heights[index] / 2 - offset)
        offset += heights[index]
    return _clamp(sum(starts) / len(starts), offset, low, high)

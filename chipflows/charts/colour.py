"""Colour arithmetic: contrast on a background, and how colours look with a colour-vision deficiency.

Contrast is WCAG 2.2's ratio. Deficiencies are simulated in linear RGB with the severity-1 matrices of
Machado, Oliveira and Fernandes (2009); distances are CIE76 in L*a*b* (D65), where about 2 is just noticeable.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["DEFICIENCIES", "contrast", "darken_for_text", "distance", "ink_on", "mix", "simulate"]

Array = npt.NDArray[np.float64]

DEFICIENCIES: dict[str, Array] = {
    "none": np.eye(3),
    "protan": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deutan": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritan": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
_TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
_WHITE = np.array([0.9505, 1.0, 1.089])
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


def _rgb(colour: str) -> Array:
    """Return the three channels of "#rrggbb" in 0..1."""
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255.0


def _hex(rgb: Array) -> str:
    """Return "#rrggbb" for three channels in 0..1."""
    return "#" + "".join(f"{round(float(channel) * 255):02x}" for channel in np.clip(rgb, 0, 1))


def _linear(rgb: Array) -> Array:
    """Undo the sRGB transfer curve."""
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def contrast(first: str, second: str = "#ffffff") -> float:
    """Return WCAG's contrast ratio of two "#rrggbb" colours, 1 (same) to 21 (black on white)."""
    light, dark = sorted((float(_linear(_rgb(c)) @ _LUMINANCE) for c in (first, second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def simulate(colour: str, deficiency: str) -> Array:
    """Return the linear RGB (0..1) of *colour* as seen with *deficiency*, a key of DEFICIENCIES."""
    return np.clip(DEFICIENCIES[deficiency] @ _linear(_rgb(colour)), 0, 1)


def _lab(linear: Array) -> Array:
    """Return L*a*b* of a linear RGB colour."""
    ratio = _TO_XYZ @ linear / _WHITE
    f = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def distance(first: str, second: str, deficiency: str = "none") -> float:
    """Return the CIE76 distance of two colours as seen with *deficiency*."""
    return float(np.linalg.norm(_lab(simulate(first, deficiency)) - _lab(simulate(second, deficiency))))


def mix(colour: str, share: float, other: str = "#ffffff") -> str:
    """Return *share* of *colour* mixed into *other* (a flat tint: no transparency to render differently)."""
    return _hex(share * _rgb(colour) + (1 - share) * _rgb(other))


def darken_for_text(colour: str, at_least: float = 4.5) -> str:
    """Return *colour*, darkened just enough to read as text on white (contrast *at_least*)."""
    for share in np.arange(1.0, 0.0, -0.04):
        darker = mix(colour, float(share), "#000000")
        if contrast(darker) >= at_least:
            return darker
    return "#000000"


def ink_on(background: str) -> str:
    """Return white or black, whichever reads better on *background*; one always has 4.58 (the root of 21)."""
    return max(("#ffffff", "#000000"), key=lambda ink: contrast(ink, background))

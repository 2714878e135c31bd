"""Rounding of features before they are binned, the same for a shop alone and among all."""

import numpy as np

LEAST_POWER = -30
# Powers of ten are exact in floating point up to 10^22, so that the rounding does not hang on a logarithm's last digit.
_POWERS = np.array([float(f"1e{power}") for power in range(LEAST_POWER, -LEAST_POWER + 1)])


def nine_digits(values: np.ndarray) -> np.ndarray:
    """Numbers rounded to nine significant digits.

    >>> nine_digits(np.array([1 / 3, 123456789012.0, 0.0])).tolist()
    [0.333333333, 123456789000.0, 0.0]
    """
    exponent = np.searchsorted(_POWERS, np.abs(values), side="right") - 1 + LEAST_POWER
    decimals = 8 - exponent
    scale = 10.0 ** np.abs(decimals)
    with np.errstate(invalid="ignore"):
        rounded = np.where(decimals >= 0, np.round(values * scale) / scale, np.round(values / scale) * scale)
    return np.where(np.isfinite(values) & (values != 0), rounded, values)

"""zstd from wherever this Python has it."""

from __future__ import annotations

import sys

if sys.version_info >= (3, 14):
    from compression.zstd import CompressionParameter
    from compression.zstd import compress as _compress
else:
    from backports.zstd import CompressionParameter
    from backports.zstd import compress as _compress


def compress(data: bytes) -> bytes:
    """One frame, with a checksum as most clients send."""
    return _compress(data, options={CompressionParameter.checksum_flag: 1})

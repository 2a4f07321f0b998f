"""ONNX Runtime behind one typed call."""
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# (ONNX Runtime ships no types.)

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime  # type: ignore[import-untyped]  # it ships no types

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]


class OnnxNetwork:
    """A network on this machine's processor; may be run by several threads.

    Args:
        path: of the `.onnx` file.
        threads: how many cores one run may use.
    """

    def __init__(self, path: Path, *, threads: int) -> None:
        options: Any = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        # Threads that spin while they wait halve the throughput of a machine whose cores are shared.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # The arena would keep the memory of the largest batch ever seen: 160 MB here.
        options.enable_cpu_mem_arena = False
        self._session: Any = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def run(self, output: str, inputs: Mapping[str, Integers]) -> Floats:
        """The named output."""
        result: Floats = self._session.run([output], dict(inputs))[0]
        return result

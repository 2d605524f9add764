"""Who works on what part of a batch: processes share it, and each goes through its share in parts.

The paper's batch sizes count what all GPUs see between two updates (four-systems A18).
"""


def shares_of(batch: int, processes: int, process: int, parts: int) -> list[slice]:
    """Give the parts of a batch that one process works through, one after the other.

    Parameters
    ----------
    batch
        Samples of all processes together.
    processes, process
        How many there are, and which of them this is, from 0.
    parts
        Into which every process cuts its share; none is left empty.

    Returns
    -------
    list of slice
        Of the whole batch, in order; those of all processes, in their order, cover it.

    Raises
    ------
    ValueError
        If the processes cannot share it evenly.
    """
    if batch % processes:
        fits = [str(number) for number in range(1, batch + 1) if batch % number == 0]
        raise ValueError(
            f"A batch of {batch} cannot be shared evenly by {processes} processes: start "
            f"{', '.join(fits[:-1])} or {fits[-1]} of them, or choose another batch."
        )
    own = batch // processes
    first, size = process * own, -(-own // max(1, min(parts, own)))
    return [
        slice(start, min(start + size, first + own)) for start in range(first, first + own, size)
    ]

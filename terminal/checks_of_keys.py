"""What `closeout doctor` says of the keys of subjects: where they are, and that none came back."""

from desk.desk import Desk
from desk.erasing import keys_come_back
from terminal.checks import Check, Grade
from terminal.shown.findings import many

NAMED_MAX = 5


async def subject_keys(desk: Desk) -> Check:
    """Look whether a key of an erased subject is there again."""
    keys = desk.sealer.keys
    if keys is None:
        return Check("keys", Grade.WARN, "this desk has none", "Personal texts are refused.")
    count, back = await keys_come_back(desk.ledger, keys)
    told = f"{many(count, 'subject')} with a key in {keys.where}"
    if back:
        more = "" if len(back) <= NAMED_MAX else f" and {len(back) - NAMED_MAX} more"
        return Check(
            "keys",
            Grade.FAIL,
            f"{told}; erased, and there again: {', '.join(back[:NAMED_MAX])}{more}",
            "A backup brought them back: run `closeout erase` for each, and destroy that backup.",
        )
    return Check("keys", Grade.OK, f"{told}: back them up apart from the database")

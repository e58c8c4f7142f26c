"""What the sources state of the 17 cases: the days between steps, who was waited for, the teams."""

from datetime import timedelta

from domain.phases import Duty

BEGINS = "2026-03-02 09:30"
"""A Monday. In 2026 nothing of it is from a source."""

BEGINS_OTHERWISE = {"A06": "2026-03-02 15:00"}
"""The pledge was applied for in the afternoon (002:47)."""

LATER = {
    ("A01", "resume"): "2026-03-05 09:55",
    ("A03", "resume"): "2026-03-04 09:45",
    ("A04", "propose_resolution"): "2026-03-05 09:30",
    ("A05", "enter_stage"): "2026-03-04 09:30",
    ("A06", "resume"): "2026-03-03 10:00",
    ("A12", "resume"): "2026-03-04 08:00",
    ("A14", "finish_part"): "2026-03-03 02:00",
}
"""What the sources say of time, for the first step of its kind: 3 days (000:17), 2 days (000:49),
3 days from the application (000:51), 19 to 21 August (001:11-15), the next morning (002:47), under
two days (003:41), 2 a.m. (004:62)."""

OUTSIDE = {
    # In opening hours, 7 a day; of what is expedited every hour counts.
    "A01": {"financial-institutions": timedelta(hours=21)},
    "A03": {"xiyong-customs": timedelta(hours=14)},
    "A06": {
        "national-ip-office": timedelta(hours=18, minutes=45),
        "lending-bank": timedelta(hours=1),
    },
    "A08a": {"vehicle-papers-authority": timedelta(hours=1)},
    "A10": {"third-party-testing-firm": timedelta(hours=1)},
    "A12": {"ccb-guiyang-branch": timedelta(hours=13, minutes=20)},
    "A17": {"advertising-company": timedelta(hours=1)},
}
"""Whom a case waited for, and for how long: that time is theirs and nobody else's."""

TEAMS = {
    "A01": {
        "policies": ("administrative-committee", Duty.LEAD),
        "extension": ("financial-institutions", Duty.CO),
    },
    "A02": {
        "passage": ("administrative-committee", Duty.LEAD),
        "supplies": ("relevant-departments", Duty.CO),
    },
    "A09": {"bus": ("county-industrial-park", Duty.LEAD), "advice": ("commerce", Duty.CO)},
    "A14": {
        "hand-out": ("economic-development-bureau", Duty.LEAD),
        "escort": ("police-sub-bureau", Duty.CO),
        "market": ("market-regulator", Duty.CO),
        "medical": ("peoples-hospital", Duty.CO),
    },
    "A15": {
        "place": ("economic-development-bureau", Duty.LEAD),
        "health": ("shuanglu-health-centre", Duty.CO),
        "patrol": ("police-sub-bureau", Duty.CO),
    },
}

from read_report import lines

REPORT = {
    "generated_at": "2026-11-21T10:05:00Z",
    "environment": "dev",
    "groups": {
        "RA": {
            "label": "Augmented Reality",
            "total": 1234,
            "tables": [
                {"name": "RA_tours", "count": 1200, "approximate": True},
                {"name": "RA_rooms", "count": 34, "approximate": False},
            ],
        },
        "VR": {"label": "Virtual Reality", "total": 0, "tables": []},
    },
}


def test_a_report_is_told_in_words():
    assert list(lines(REPORT)) == [
        "dev, 2026-11-21T10:05:00Z",
        "RA  Augmented Reality: 1,234",
        "  RA_tours: about 1,200",
        "  RA_rooms: 34",
        "VR  Virtual Reality: 0",
    ]

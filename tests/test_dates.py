"""A date is read as written, in many languages; a wrong date is worse than none."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpuspress.describe import dates
from corpuspress.describe.dates import parse, published

MAY_16 = datetime.date(2024, 5, 16)

TOLD = [
    "May 16, 2024 06:39 AM EDT",
    "MAY 16 2024",
    "10:12 May 16, 2024",
    "Thursday, May 16th, 2024",
    "16th of May, 2024",
    "16-May-2024 15:01",
    "16/May/2024:10:00:00 +0000",
    "5/16/2024",
    "16/05/2024",
    "16.5.2024",
    "2024/05/16",
    "2024-05-16T10:00:00Z",
    "2024-05-16T23:59:59-11:00",
    "20240516",
    "Updated: Thu 16 May 2024 | 10:39 IST",
    "Updated 17 May 2024, published 16 May 2024",
    "Published May 16, 2024 Updated May 17, 2024",
    "16. Mai 2024, 12:30 Uhr",
    "Zuletzt aktualisiert: 16.05.2024",
    "Publié le 16 mai 2024 à 12h30",
    "Publicado el 16 de mayo de 2024 a las 12:30",
    "16 de maio de 2024, às 10h",
    "16 maggio 2024",
    "16 mei 2024",
    "den 16 maj 2024",
    "16. toukokuuta 2024",
    "2024. május 16., csütörtök",
    "2024 m. gegužės 16 d.",
    "16. května 2024",
    "16 maja 2024",
    "16 мая 2024 года, 10:00",
    "16 травня 2024",
    "16 Μαΐου 2024",
    "16 Mayıs 2024",
    "16 MAYIS 2024",
    "16 Mei 2024 pukul 10.00",
    "Thứ năm, 16/5/2024, 10:00 (GMT+7)",
    "ngày 16 tháng 5 năm 2024",
    "16 Tháng Năm 2024",
    "16 พฤษภาคม 2567",
    "16 พ.ค. 2567",
    "١٦ مايو ٢٠٢٤",
    "16 أيار 2024",
    "16 במאי 2024",
    "१६ मई २०२४",
    "১৬ মে ২০২৪",
    "16 مئی 2024",
    "2024年5月16日 10:00",
    "２０２４年５月１６日",
    "2024년 5월 16일",
    "2024. 5. 16.",
]


@pytest.mark.parametrize("text", TOLD)
def test_a_date_that_is_told(text):
    assert parse(text) == MAY_16


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2 hours ago",
        "Yesterday at 10:30",
        "May 2024",
        "May 16",
        "10:12 May 2024",
        "16 min read May 2024",
        "03/04/2024",
        "05/06/07",
        "16/05/24",
        "31/02/2024",
        "30 February 2024",
        "32 May 2024",
        "May 16 20:24",
        "Version 1.2.2024.5",
        "192.168.20.24",
        "16:05:2024",
        "8 ذو القعدة 1445",
        "16 listopada 2024",
        "0000-00-00",
        "9999-12-31",
        "1234567890123",
        "May the 4th be with you, all 2024 of you",
    ],
)
def test_no_date_is_better_than_a_wrong_one(text):
    assert parse(text) is None


@pytest.mark.parametrize(
    ("text", "language", "date"),
    [
        ("03/04/2024", "es", (2024, 4, 3)),
        ("03/04/2024", "en-gb", (2024, 4, 3)),
        ("03/04/2024", "en-us", (2024, 3, 4)),
        ("03/04/2024", "en", None),
        ("03.04.2024", "de", (2024, 4, 3)),
        ("03.04.2024", "en", None),
        ("04/04/2024", "en", (2024, 4, 4)),
        ("16.05.24", "de", (2024, 5, 16)),
        ("16 listopada 2024", "pl", (2024, 11, 16)),
        ("16 listopada 2024", "hr", (2024, 10, 16)),
        ("16/05/2567", "th", (2024, 5, 16)),
    ],
)
def test_the_language_decides(text, language, date):
    assert parse(text, language) == (datetime.date(*date) if date else None)


def test_names_of_months_agree_with_their_place():
    for language, months in dates._table()["months"].items():
        assert len(months) == 12, language
        for number, variants in enumerate(months, 1):
            for name in variants.replace("_", "\u00a0").split(" "):
                date = parse(f"16 {name} 2024".replace("\u00a0", " "), language)
                assert date == datetime.date(2024, number, 16), (language, name)


@given(st.dates(datetime.date(1800, 1, 1), datetime.date(2099, 12, 31)))
def test_every_day_is_read(date):
    assert parse(f"{date:%d %B %Y}") == parse(f"{date:%B} {date.day}, {date.year}") == parse(date.isoformat()) == date
    assert parse(f"{date:%d.%m.%Y}", "de") == parse(f"{date.year}年{date.month}月{date.day}日") == date
    assert parse(f"{date:%d/%m/%Y}") in {date, None}


@given(st.text(max_size=60), st.sampled_from(["", "en", "de", "th", "zh-cn"]))
def test_any_text_has_an_answer(text, language):
    found = parse(text, language)
    assert found is None or found.year in dates.YEARS


@given(st.text(st.sampled_from("0123456789/.-: MayApr年月日"), max_size=24))
def test_texts_like_dates_have_an_answer(text):
    found = parse(text)
    assert found is None or str(found.year) in text or str(found.year + 543) in text


def test_the_sidecar_wins():
    facts = {"published": ["May 17, 2024"]}
    assert published(facts, {"date": "2024-05-16"}) == MAY_16
    assert published(facts, {"published": "26-FEB-1987 15:01:01.79", "date": "2024-05-16"}).year == 1987
    assert published(facts, {"date": MAY_16}) == MAY_16
    assert published(facts, {"date": datetime.datetime(2024, 5, 16, 10)}) == MAY_16
    assert published(facts, {"date": "2001"}) == datetime.date(2024, 5, 17)
    assert published(facts, {"date": None}) == datetime.date(2024, 5, 17)


def test_the_first_line_that_tells_wins_but_a_later_change_comes_last():
    facts = {"published": ["3 hours ago", "Updated May 17, 2024", "May 16, 2024"]}
    assert published(facts, {}) == MAY_16
    assert published({"published": ["Updated May 16, 2024"]}, {}) == MAY_16
    assert published({"byline": ["By Ann Example May 16, 2024"]}, {}) == MAY_16
    assert published({}, {}) is None

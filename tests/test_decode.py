import codecs
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpuspress import decode as decoding
from corpuspress.decode import decode, encode
from corpuspress.encoding import codec_of
from corpuspress.errors import SourceError
from corpuspress.model import apply, join, split
from corpuspress.recipe import Decode

GERMAN = "Der Bürgermeister sagte: „Wir müssen über die Straße reden.“\r\nDie Antwort – ein Kopfschütteln.\n"
RUSSIAN = (
    "Вчера вечером жители посёлка собрались на площади. Они слушали музыку и пели песни.\n"
    "Моя сестра говорит, что такая погода бывает только в мае.\n"
)
CHINESE = "昨天晚上，村里的人聚在广场上听音乐。\n我的妹妹说，这样的天气只有五月才有。\n"
GREEK = "Χθες το βράδυ οι κάτοικοι μαζεύτηκαν στην πλατεία και άκουσαν μουσική.\n"
JAPANESE = "昨日の夜、村の人々は広場に集まって音楽を聴きました。\nこれは二行目です。\n"


def mended(decoded):
    lines, breaks = split(decoded.text)
    return join(apply(lines, decoded.edits), breaks)


def came_back(data, decoded):
    return encode(decoded.text, decoded.encoding, decoded.edits) == data


@pytest.mark.parametrize(
    ("text", "codec", "name"),
    [
        (GERMAN, "utf-8", "utf-8"),
        (GERMAN, "utf-8-sig", "utf-8-sig"),
        (GERMAN, "utf-16-le", "utf-16-le"),
        (GERMAN, "utf-16-be", "utf-16-be"),
        (GERMAN, "utf-32-le", "utf-32-le"),
        (GERMAN, "utf-32-be", "utf-32-be"),
        (CHINESE, "utf-16-le", "utf-16-le"),
        (CHINESE, "utf-16-be", "utf-16-be"),
        (RUSSIAN, "utf-16-be", "utf-16-be"),
        (GERMAN, "cp1252", "cp1252"),
        (RUSSIAN, "cp1251", "cp1251"),
        (RUSSIAN, "koi8-r", "koi8-u"),
        (RUSSIAN, "iso8859-5", "iso8859-5"),
        (RUSSIAN, "mac-cyrillic", "mac-cyrillic"),
        (GREEK, "cp1253", "cp1253"),
        (CHINESE, "gb18030", "gb18030"),
        (JAPANESE, "euc_jp", "euc_jp"),
        (JAPANESE, "cp932", "cp932"),
        (JAPANESE, "iso2022_jp", "iso2022_jp"),
        ("Die Karte kostet 12 € im Vorverkauf, sagte der Wärter.\n", "iso8859-15", "iso8859-15"),
    ],
)
def test_encoding_is_told_and_bytes_come_back(text, codec, name):
    data = text.encode(codec)
    decoded = decode(data)
    assert (decoded.text, decoded.encoding, decoded.edits) == (text, name, ())
    assert came_back(data, decoded)


@pytest.mark.parametrize("little", [True, False])
@pytest.mark.parametrize("width", [16, 32])
def test_mark_of_order_is_named_and_comes_back(width, little):
    mark = getattr(codecs, f"BOM_UTF{width}_{'LE' if little else 'BE'}")
    codec = f"utf-{width}-{'le' if little else 'be'}"
    data = mark + GERMAN.encode(codec)
    decoded = decode(data)
    assert (decoded.text, decoded.encoding) == (GERMAN, f"{codec}-sig")
    assert came_back(data, decoded)


ENGLISH = "The bridge over the river was closed on Monday after a lorry had struck one of its pillars. " * 8


@pytest.mark.parametrize("part", ["It cost £226m to build. ", "They met in Compiègne. ", "The Saïd family was there. "])
def test_a_single_western_letter_in_english_text(part):
    data = (ENGLISH + part + ENGLISH).encode("cp1252")
    assert decode(data).text == ENGLISH + part + ENGLISH


def test_a_name_in_another_page_is_left_to_the_detector():
    text = "Tegnap este a falu lakói a téren gyűltek össze, és zenét hallgattak. A nővérem szerint ez szép idő.\n"
    assert decode(text.encode("cp1250")).text == text


def test_stray_bytes_are_mended_line_by_line_and_recorded():
    data = "Une soirée d’été à la plage – c'était très agréable.\nVoilà.\n".encode() + b"L\x92\xe9t\xe9 vient.\n"
    decoded = decode(data)
    assert decoded.encoding == "utf-8"
    assert decoded.text.endswith("L\ufffd\ufffdt\ufffd vient.\n")
    (edit,) = decoded.edits
    assert (edit.step, edit.rule, edit.line, edit.after) == ("decode", "stray-byte", 3, "L’été vient.")
    assert edit.evidence == "not UTF-8, read as Windows-1252: 92 at 2, E9 at 3, E9 at 5"
    assert came_back(data, decoded)


def test_a_true_replacement_character_is_told_from_a_stray_byte():
    data = "Schön \ufffd grün über\r".encode() + b"Stra\xdfe \xef\xbf\xbd"
    decoded = decode(data)
    assert mended(decoded) == "Schön \ufffd grün über\rStraße \ufffd"
    assert came_back(data, decoded)


def test_half_a_character_at_the_end_is_dropped_and_comes_back():
    data = "„Ja“, sagte sie – „nein“, sagte er … und ging.“".encode()[:-1]
    decoded = decode(data)
    assert mended(decoded) == "„Ja“, sagte sie – „nein“, sagte er … und ging."
    assert [edit.rule for edit in decoded.edits] == ["cut-character"]
    assert came_back(data, decoded)


@pytest.mark.parametrize(
    "cut", ["El ni\u00f1", "He paid 5 \u20ac", "It is over \u2014", "Well done! \U0001f600", "caf\u00e9s, caf\u00e9"]
)
def test_the_only_character_cut_is_a_sign_of_utf8(cut):
    whole = cut.encode()
    for size in range(1, len(cut[-1].encode())):
        decoded = decode(whole[:-size])
        assert decoded.encoding == "utf-8"
        assert mended(decoded) == cut[:-1]
        assert came_back(whole[:-size], decoded)


@pytest.mark.parametrize(
    "text",
    ["We met at the caf\u00e9", "La citt\u00e0", "VIVA EL PER\u00da", "ein Gru\u00df", "\u00f3 un 5 \u00d7 \u00d3"],
)
def test_a_last_letter_is_no_cut_character(text):
    assert decode(text.encode("cp1252")) == (text, "cp1252", ())


def test_mark_and_stray_byte_together():
    data = codecs.BOM_UTF8 + "Schöne Grüße über den Rhein – ".encode() + b"tsch\xfcss"
    decoded = decode(data)
    assert mended(decoded) == "Schöne Grüße über den Rhein – tschüss"
    assert decoded.encoding == "utf-8-sig"
    assert came_back(data, decoded)


def test_legacy_text_is_not_taken_for_utf8():
    assert decode("CAFÉ» – déjà vu, été, à bientôt, côté".encode("cp1252")).encoding == "cp1252"


def test_open_bytes_of_a_code_page_are_controls_and_come_back():
    data = "„Größe“ heißt es".encode("cp1252") + b"\x81\x8d\n"
    decoded = decode(data, "windows-1252")
    assert decoded.encoding == "cp1252+c1"
    assert decoded.text.endswith("\x81\x8d\n")
    assert came_back(data, decoded)


def test_a_bad_byte_in_a_long_text_of_another_encoding_is_lossy_not_garbage():
    data = (CHINESE * 20).encode("gb18030") + b"\xff\n"
    decoded = decode(data)
    assert (decoded.text, decoded.encoding) == (CHINESE * 20 + "\ufffd\n", "gb18030+lossy")
    assert encode(decoded.text, decoded.encoding) is None


@pytest.mark.parametrize(
    ("text", "codec"), [(RUSSIAN, "koi8-u"), (CHINESE, "gb18030"), (JAPANESE, "euc_jp"), (GREEK, "cp1253")]
)
def test_a_long_text_is_told_by_some_of_its_lines(text, codec):
    long = ("<p>plain</p>\n" * 20 + text) * 600
    assert decode(long.encode(codec)).text == long


def test_all_is_asked_when_what_a_sample_says_does_not_fit(monkeypatch):
    data, asked, guess = (GERMAN.encode("cp1252") * 2000, [], decoding._guess)
    monkeypatch.setattr(decoding, "_guess", lambda data: asked.append(data) or (guess(data) if asked[1:] else "euc_jp"))
    assert decode(data).encoding == "cp1252"
    assert len(asked[0]) < 70_000
    assert asked[1] == data


def test_hint_wins_when_it_fits():
    data = "Größe".encode("cp437")
    assert decode(data, "cp437").text == "Größe"
    assert decode("Größe".encode(), "latin-1").encoding == "cp1252"  # as the sidecar says, right or wrong


@pytest.mark.parametrize("hint", ["utf-8", "ascii-85", "zip", "rot13", "utf-7", "unicode_escape", "", "\x00", "ü"])
def test_hint_that_does_not_fit_counts_for_nothing(hint):
    assert decode("Die Größe der Straße".encode("cp1252"), hint).text == "Die Größe der Straße"


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("ISO-8859-1", "cp1252"),
        ("us-ascii", "cp1252"),
        ("GB2312", "gb18030"),
        ("x-sjis", "cp932"),
        ("EUC-KR", "cp949"),
        ("iso-8859-8-i", "iso8859-8"),
        ("utf-16", "utf-16-le"),
        ("base64", None),
    ],
)
def test_labels_are_read_as_the_web_reads_them(label, codec):
    assert codec_of(label) == codec


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b" \r\n\t\n", "empty"),
        (codecs.BOM_UTF8, "empty"),
        ("\u00a0\u200b\n".encode(), "empty"),
        (b"1234 - 5678\n\n--- * ---", "no-letters"),
        (b"\0" * 4096, "binary"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06", "binary"),
        (bytes(range(256)) * 8, "binary"),
        (b"%PDF-1.7\nsome text", "binary"),
        (b"\x7fELF\x02\x01\x01\0" + b"\0" * 64 + b"text", "binary"),
    ],
)
def test_what_is_no_text_is_refused_with_a_reason(data, reason):
    with pytest.raises(SourceError) as caught:
        decode(data)
    assert caught.value.reason == reason
    assert pickle.loads(pickle.dumps(caught.value)).reason == reason


def test_binary_is_binary_whatever_the_hint_says():
    with pytest.raises(SourceError, match="control characters"):
        decode(bytes(range(256)) * 8, "latin-1")


def test_a_single_nul_does_not_cost_a_text():
    data = b"The report came out on Monday.\0 It has forty pages, and nobody has read all of them so far.\n" * 3
    assert came_back(data, decode(data))


def test_a_table_set_with_control_characters_is_text():
    data = b"Wheat, spring\x03 10\x03 12\x03\nBarley, winter\x03 8\x03 9\x03\n" * 4
    assert came_back(data, decode(data))


def test_without_detection_the_fallback_reads():
    data = RUSSIAN.encode("cp1251")
    assert decode(data, recipe=Decode(detect=False)).encoding.startswith("cp1252")
    assert decode(data, recipe=Decode(detect=False, fallback="cp1251")).text == RUSSIAN


def test_a_line_of_many_megabytes_is_read():
    data = b"word " * 4_000_000
    assert decode(data).text == data.decode()


def result(data, hint=None):
    reasons = []
    try:
        return decode(data, hint)
    except SourceError as error:
        reasons.append(error.reason)
    assert reasons[0] in ("binary", "empty", "no-letters")
    return None


ALPHABET = st.characters(exclude_categories=["Cs"])


@given(st.text(ALPHABET, min_size=1).map(str.encode))
def test_law_utf8_comes_back(data):
    decoded = result(data)
    assert decoded is None or came_back(data, decoded)


@given(st.binary(max_size=200), st.sampled_from([None, "utf-8", "cp1252", "latin-1", "utf-16", "cp1253", "utf-8-sig"]))
def test_law_no_bytes_break_it_and_edits_apply(data, hint):
    decoded = result(data, hint)
    if decoded:
        mended(decoded)
        assert "\udc80" not in decoded.text
        decoded.text.encode()


@given(st.text(st.sampled_from("aé–“中\r\n\ufffdß \v\u2028"), min_size=12), st.lists(st.integers(0, 50)), st.data())
def test_law_damaged_utf8_comes_back(text, places, draw):
    data = bytearray(text.encode())
    for place in places:
        data.insert(min(place, len(data)), draw.draw(st.integers(0x80, 0xFF)))
    decoded = result(bytes(data))
    if decoded and decoded.encoding.startswith("utf-8"):
        assert came_back(bytes(data), decoded)


@given(st.text(st.sampled_from("abcdé èüß’“”…–€\x81\x9d\n"), min_size=3))
def test_law_a_code_page_of_the_web_comes_back(text):
    data = b"".join(bytes([ord(char)]) if "\x80" <= char < "\xa0" else char.encode("cp1252") for char in text)
    decoded = result(data, "windows-1252")
    assert decoded is None or (decoded.text == text and came_back(data, decoded))


PIECES = [
    b"a",
    b"\n",
    b" ",
    b"\t",
    b"\r",
    b"\0",
    b"\x1b$",
    b"\x7f",
    b"\x80",
    b"\xc0\xaf",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
]
PIECES += [
    char.encode() for char in "é語\x85\u07ff\u0800\ud7ff\ue000\u2027\u2028\u2029\u202a\ufeff\uffff\U00010000\U0010ffff"
]
PIECES += [b"\xe2\x80", b"%PDF-", b"\xf0\x9f", b"twelve letters"]


@given(st.lists(st.lists(st.sampled_from(PIECES) | st.binary(max_size=3), max_size=6).map(b"".join), max_size=4))
def test_plain_is_what_decoding_finds_nothing_else_in(several):
    for data, plain in zip(several, decoding.plain([(data, None) for data in several]), strict=True):
        try:
            decoded = decode(data)
        except SourceError:
            assert plain is None
            continue
        if plain is not None:
            assert decoded == (data.decode(), "utf-8", ())
            assert plain == decoded.text.count("\n")
            assert not set(decoded.text) & set("\r\v\f\u2028\u2029")
        elif not set(data) & set(range(32)) and b"\xe2\x80\xa8" not in data and b"\xe2\x80\xa9" not in data:
            assert decoded.encoding != "utf-8" or decoded.edits or b"\x7f" in data


def test_many_line_feeds_are_counted():
    several = [b"\n" * count + b"a" for count in (0, 254, 255, 256, 511, 70_000)]
    assert decoding.plain([(data, None) for data in several]) == [len(data) - 1 for data in several]


@pytest.mark.parametrize(
    ("hint", "expected"),
    [
        (None, True),
        ("", True),
        ("UTF8", True),
        ("utf-8-sig", True),
        ("no such", True),
        ("latin-1", False),
        ("ascii", False),
    ],
)
def test_a_source_with_a_hint_is_plain_where_the_hint_changes_nothing(hint, expected):
    data = "Im Hafen – dem alten.\n".encode()
    assert decoding.plain([(data, hint)]) == [1 if expected else None]
    assert (decode(data, hint) == decode(data)) == expected

"""The languages of ISO 639-1: two-letter code, three-letter codes (ISO 639-2), English names.

Facts typed in by hand, with the languages' own names where patients and staff write them. A
three-letter code with a two-letter twin is no BCP 47 tag: the shorter one has to be used.
"""

from __future__ import annotations

from typing import Final, NamedTuple

_TABLE: Final = """
aa aar Afar
ab abk Abkhazian / Abkhaz
ae ave Avestan
af afr Afrikaans
ak aka Akan / Twi / Fante
am amh Amharic
an arg Aragonese
ar ara Arabic / العربية / عربي / Modern Standard Arabic
as asm Assamese
av ava Avaric / Avar
ay aym Aymara
az aze Azerbaijani / Azeri
ba bak Bashkir
be bel Belarusian
bg bul Bulgarian
bi bis Bislama
bm bam Bambara
bn ben Bengali / Bangla / বাংলা
bo bod,tib Tibetan
br bre Breton
bs bos Bosnian
ca cat Catalan / Valencian
ce che Chechen
ch cha Chamorro
co cos Corsican
cr cre Cree
cs ces,cze Czech
cu chu Church Slavic / Old Church Slavonic
cv chv Chuvash
cy cym,wel Welsh
da dan Danish
de deu,ger German / Deutsch
dv div Divehi / Dhivehi / Maldivian
dz dzo Dzongkha
ee ewe Ewe
el ell,gre Greek / Modern Greek / Ελληνικά
en eng English / American English / British English
eo epo Esperanto
es spa Spanish / Castilian / Español
et est Estonian
eu eus,baq Basque
fa fas,per Persian / Farsi / Dari / فارسی
ff ful Fulah / Fula / Fulani
fi fin Finnish
fj fij Fijian
fo fao Faroese
fr fra,fre French / Français
fy fry Western Frisian / Frisian
ga gle Irish / Irish Gaelic
gd gla Scottish Gaelic / Gaelic
gl glg Galician
gn grn Guarani
gu guj Gujarati / ગુજરાતી
gv glv Manx
ha hau Hausa
he heb Hebrew / עברית
hi hin Hindi / हिन्दी
ho hmo Hiri Motu
hr hrv Croatian
ht hat Haitian / Haitian Creole / Creole
hu hun Hungarian / Magyar
hy hye,arm Armenian
hz her Herero
ia ina Interlingua
id ind Indonesian / Bahasa Indonesia
ie ile Interlingue / Occidental
ig ibo Igbo
ii iii Sichuan Yi / Nuosu
ik ipk Inupiaq
io ido Ido
is isl,ice Icelandic
it ita Italian / Italiano
iu iku Inuktitut
ja jpn Japanese / 日本語
jv jav Javanese
ka kat,geo Georgian
kg kon Kongo
ki kik Kikuyu / Gikuyu
kj kua Kuanyama / Kwanyama
kk kaz Kazakh
kl kal Kalaallisut / Greenlandic
km khm Khmer / Central Khmer / Cambodian
kn kan Kannada / ಕನ್ನಡ
ko kor Korean / 한국어
kr kau Kanuri
ks kas Kashmiri
ku kur Kurdish
kv kom Komi
kw cor Cornish
ky kir Kyrgyz / Kirghiz
la lat Latin
lb ltz Luxembourgish
lg lug Ganda / Luganda
li lim Limburgish / Limburgan
ln lin Lingala
lo lao Lao / Laotian
lt lit Lithuanian
lu lub Luba-Katanga
lv lav Latvian
mg mlg Malagasy
mh mah Marshallese
mi mri,mao Maori
mk mkd,mac Macedonian
ml mal Malayalam / മലയാളം
mn mon Mongolian
mr mar Marathi / मराठी
ms msa,may Malay / Bahasa Melayu
mt mlt Maltese
my mya,bur Burmese / Myanmar
na nau Nauru / Nauruan
nb nob Norwegian Bokmål / Bokmål
nd nde North Ndebele
ne nep Nepali / नेपाली
ng ndo Ndonga
nl nld,dut Dutch / Flemish / Nederlands
nn nno Norwegian Nynorsk / Nynorsk
no nor Norwegian / Norsk
nr nbl South Ndebele
nv nav Navajo
ny nya Chichewa / Nyanja / Chewa
oc oci Occitan
oj oji Ojibwa / Ojibwe
om orm Oromo
or ori Odia / Oriya
os oss Ossetian / Ossetic
pa pan Punjabi / Panjabi / ਪੰਜਾਬੀ
pi pli Pali
pl pol Polish / Polski
ps pus Pashto / Pushto / پښتو
pt por Portuguese / Português
qu que Quechua
rm roh Romansh
rn run Rundi / Kirundi
ro ron,rum Romanian / Moldovan
ru rus Russian / Русский
rw kin Kinyarwanda
sa san Sanskrit
sc srd Sardinian
sd snd Sindhi
se sme Northern Sami
sg sag Sango
sh hbs Serbo-Croatian
si sin Sinhala / Sinhalese / සිංහල
sk slk,slo Slovak
sl slv Slovenian / Slovene
sm smo Samoan
sn sna Shona
so som Somali
sq sqi,alb Albanian
sr srp Serbian
ss ssw Swati
st sot Southern Sotho / Sesotho
su sun Sundanese
sv swe Swedish / Svenska
sw swa Swahili / Kiswahili
ta tam Tamil / தமிழ்
te tel Telugu / తెలుగు
tg tgk Tajik
th tha Thai
ti tir Tigrinya
tk tuk Turkmen
tl tgl Tagalog / Filipino / Pilipino
tn tsn Tswana
to ton Tonga / Tongan
tr tur Turkish / Türkçe
ts tso Tsonga
tt tat Tatar
tw twi Asante Twi
ty tah Tahitian
ug uig Uyghur / Uighur
uk ukr Ukrainian / Українська
ur urd Urdu / اردو
uz uzb Uzbek
ve ven Venda
vi vie Vietnamese / Tiếng Việt
vo vol Volapük
wa wln Walloon
wo wol Wolof
xh xho Xhosa
yi yid Yiddish
yo yor Yoruba
za zha Zhuang
zh zho,chi Chinese / Mandarin / Mandarin Chinese / 中文
zu zul Zulu
"""


class Language(NamedTuple):
    """One language: its two-letter code, its three-letter ones, its names (English first)."""

    code: str
    long_codes: tuple[str, ...]
    names: tuple[str, ...]


def _read(line: str) -> Language:
    code, long_codes, names = line.split(" ", 2)
    return Language(code, tuple(long_codes.split(",")), tuple(names.split(" / ")))


LANGUAGES: Final = {each.code: each for each in map(_read, _TABLE.strip().splitlines())}
"""Two-letter code → language."""

SHORTER: Final = {long: each.code for each in LANGUAGES.values() for long in each.long_codes}
"""Three-letter code → the two-letter code that stands for the same language."""

NO_LANGUAGES: Final = {
    "cn": "zh",
    "cz": "cs",
    "dk": "da",
    "gr": "el",
    "ir": "fa",
    "jp": "ja",
    "kp": "ko",
    "pk": "ur",
    "ph": "tl",
    "ua": "uk",
    "us": "en",
    "gb": "en",
}
"""Countries' codes that people write for a language → the language meant."""

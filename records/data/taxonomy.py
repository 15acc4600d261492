"""The commonest NUCC provider taxonomy codes, typed in by hand as facts.

They give names to codes and codes to choose from while no full table is loaded. The table itself
is not ours to ship: `load_taxonomy FILE` reads the published one, and only then is a code judged.
"""

from __future__ import annotations

from typing import Final, NamedTuple

INDIVIDUAL: Final = "Individual"

_COMMON: Final = """
101YM0800X Mental Health Counselor
103T00000X Psychologist
103TC0700X Clinical Psychologist
104100000X Social Worker
106H00000X Marriage & Family Therapist
111N00000X Chiropractor
122300000X Dentist
1223G0001X General Practice Dentistry
1223P0221X Pediatric Dentistry
1223S0112X Oral and Maxillofacial Surgery (Dentist)
1223X0400X Orthodontics and Dentofacial Orthopedics Dentistry
133V00000X Registered Dietitian
152W00000X Optometrist
163W00000X Registered Nurse
176B00000X Midwife
183500000X Pharmacist
207K00000X Allergy & Immunology Physician
207L00000X Anesthesiology Physician
207N00000X Dermatology Physician
207P00000X Emergency Medicine Physician
207Q00000X Family Medicine Physician
207R00000X Internal Medicine Physician
207RC0000X Cardiovascular Disease Physician
207RE0101X Endocrinology, Diabetes & Metabolism Physician
207RG0100X Gastroenterology Physician
207RI0200X Infectious Disease Physician
207RN0300X Nephrology Physician
207RP1001X Pulmonary Disease Physician
207RR0500X Rheumatology Physician
207RX0202X Medical Oncology Physician
207T00000X Neurological Surgery Physician
207V00000X Obstetrics & Gynecology Physician
207W00000X Ophthalmology Physician
207X00000X Orthopaedic Surgery Physician
207Y00000X Otolaryngology Physician
208000000X Pediatrics Physician
208100000X Physical Medicine & Rehabilitation Physician
208200000X Plastic Surgery Physician
2084N0400X Neurology Physician
2084P0800X Psychiatry Physician
2085R0202X Diagnostic Radiology Physician
208600000X Surgery Physician
208800000X Urology Physician
208D00000X General Practice Physician
208M00000X Hospitalist Physician
213E00000X Podiatrist
225100000X Physical Therapist
225X00000X Occupational Therapist
231H00000X Audiologist
235Z00000X Speech-Language Pathologist
363A00000X Physician Assistant
363L00000X Nurse Practitioner
363LF0000X Family Nurse Practitioner
"""


class Specialty(NamedTuple):
    """One code of the taxonomy with its display name and section."""

    code: str
    name: str
    section: str


COMMON: Final = {
    code: Specialty(code, name, INDIVIDUAL)
    for code, name in (line.split(" ", 1) for line in _COMMON.strip().splitlines())
}
"""Code → specialty."""

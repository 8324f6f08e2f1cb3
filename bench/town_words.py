"""The words of which :mod:`bench.town_maker` makes up a directory."""

from typing import NamedTuple


class Need(NamedTuple):
    """A need, how often it is met, what services that meet it are called and what is told of them."""

    need: str
    weight: float
    code: str
    term: str
    called: tuple[str, ...]
    told: tuple[str, ...]
    told_es: str


class People(NamedTuple):
    """Whom a service is for; ``ages`` are years."""

    weight: float
    called: str
    told: str
    told_es: str
    ages: tuple[int, int] | None = None


# fmt: off
NEEDS = (
    Need("food", 14, "BD-1800", "Food Pantries",
         ("Food Pantry", "Community Meals", "Food Bank", "Soup Kitchen", "Grocery Delivery", "Brown Bag Groceries"),
         ("Free groceries twice a month.", "A hot lunch every day.", "Boxes of food and fresh vegetables."),
         "Comida y despensa sin costo."),
    Need("housing", 12, "BH-3800", "Rent Assistance",
         ("Rent Help", "Tenant Counseling", "Eviction Prevention", "Section 8 Office", "Transitional Housing"),
         ("Help with back rent and deposits.", "Advice for tenants who may lose their home."),
         "Ayuda con la renta y consejos para inquilinos."),
    Need("shelter", 6, "BH-1800", "Emergency Shelter",
         ("Emergency Shelter", "Night Shelter", "Family Shelter", "Drop-in Center", "Safe Parking"),
         ("A bed for the night and a shower.", "Rooms for families, intake at five."),
         "Albergue, una cama para la noche."),
    Need("health", 13, "LN-1500", "Community Clinics",
         ("Health Clinic", "Family Medicine", "Free Clinic", "Women's Health Center", "Vaccination Clinic"),
         ("Doctors and nurses, with or without insurance.", "Primary care, vaccines and prenatal visits."),
         "Clinica de salud, con o sin seguro."),
    Need("mental_health", 9, "RP-1400", "Counseling",
         ("Counseling Center", "Behavioral Health", "Support Group", "Therapy Clinic"),
         ("Talk with a counselor alone or in a group.", "Therapy for stress, grief and depression."),
         "Consejeria y grupos de apoyo."),
    Need("substance_use", 5, "RX-8250", "Substance Use Treatment",
         ("Recovery Center", "Outpatient Treatment", "Sober Living", "Detox"),
         ("Treatment for alcohol and drugs.", "Recovery meetings and medication."),
         "Tratamiento para alcohol y drogas."),
    Need("legal", 8, "FT-3500", "Legal Aid",
         ("Legal Aid", "Immigration Clinic", "Self-Help Center", "Expungement Clinic", "Tenant Lawyers"),
         ("Free lawyers for people with low income.", "Help with court forms."),
         "Abogados sin costo."),
    Need("jobs", 7, "ND-3500", "Job Training",
         ("Job Center", "Resume Workshop", "Day Labor Program", "Career Training"),
         ("Job search, training and computers.", "Help to find work."), "Ayuda para encontrar trabajo."),
    Need("benefits", 6, "NL-6000", "Public Benefits",
         ("CalFresh Office", "Benefits Enrollment", "Medicaid Help"),
         ("Apply for food stamps and Medicaid.", "Help with benefit letters."), "Solicitar beneficios."),
    Need("utilities", 4, "BV-8900", "Utility Bill Help",
         ("Utility Bill Help", "LIHEAP Office", "Energy Assistance"),
         ("Help with electric and gas bills.",), "Ayuda con el recibo de luz y gas."),
    Need("seniors", 6, "PH-6000", "Senior Services",
         ("Senior Center", "Adult Day Care", "Senior Lunch", "Friendly Visitors"),
         ("Lunch, classes and company for older adults.",), "Centro para personas mayores."),
    Need("youth", 4, "PS-9800", "Youth Programs",
         ("Youth Center", "After School Program", "Teen Drop-in"), ("Homework help, meals and sports.",),
         "Programa para jovenes."),
    Need("baby", 3, "BM-6500", "Diapers and Baby Things",
         ("Diaper Bank", "Baby Closet", "New Parents Program"), ("Diapers, formula and clothes for babies.",),
         "Panales y ropa de bebe."),
    Need("clothing", 3, "BM-6500.1500", "Clothing",
         ("Clothes Closet", "Free Store"), ("Clothes, shoes and coats.",), "Ropa y zapatos."),
    Need("transport", 3, "BT-8300", "Rides",
         ("Medical Rides", "Bus Pass Program"), ("Rides to the doctor and bus passes.",), "Transporte al medico."),
    Need("domestic_violence", 3, "FN-1900", "Domestic Violence Help",
         ("Domestic Violence Program", "Safe House"), ("Safety planning, shelter and advocates.",),
         "Ayuda para victimas de violencia domestica."),
    Need("dental", 3, "LV-1600", "Dental Care",
         ("Dental Clinic", "Smile Van"), ("Cleanings, fillings and emergencies.",), "Clinica dental."),
    Need("hygiene", 2, "BM-3000", "Showers",
         ("Shower Program", "Laundry Day"), ("Hot showers, towels and laundry.",), "Duchas y lavanderia."),
    Need("veterans", 2, "FT-9500", "Veterans Services",
         ("Veterans Office", "Vet Center"), ("Claims, housing and counseling for veterans.",),
         "Servicios para veteranos."),
    Need("pets", 1, "PD-9000", "Pet Help",
         ("Pet Food Pantry", "Vaccine Day for Pets"), ("Food and vaccines for pets.",), "Comida para mascotas."),
)
FOR_WHOM = (
    People(45, "", "", ""),
    People(12, "Families", "For families with children under 18.", "Para familias con ninos."),
    People(10, "Seniors", "For people 60 and older.", "Para personas mayores de 60.", (60, 120)),
    People(8, "Youth", "For young people from 12 to 24.", "Para jovenes de 12 a 24.", (12, 24)),
    People(6, "Women", "For women only.", "Solo para mujeres."),
    People(4, "Men", "For men only.", "Solo para hombres."),
    People(4, "Veterans", "For veterans and their families.", "Para veteranos y sus familias."),
    People(3, "Children", "For children from 0 to 5.", "Para ninos de 0 a 5.", (0, 5)),
    People(4, "Residents", "Must live in the county; bring proof of address.", "Debe vivir en el condado."),
    People(4, "Low Income", "For people with low income.", "Para personas de bajos ingresos."),
)
# fmt: on
OWNERS = (
    "{city} Community Center",
    "St. {word} Church of {city}",
    "{word} House",
    "{city} Family Resources",
    "{word} Alliance",
    "Catholic Charities of {city}",
    "{city} Health Department",
    "The {word} Project {number}",
    "{word} Neighbors {number}",
    "YMCA of {city}",
    "{city} Public Library",
    "Salvation Army {city}",
    "{word} Legal Services",
)  # fmt: skip
WORDS = (
    "Mary", "Anthony", "Hope", "Bridge", "Harbor", "Lighthouse", "Open Door", "New Day", "Esperanza", "Unity", "Martin",
    "Vincent", "Golden", "River", "Sunrise", "Pathways", "Cornerstone", "Samaritan", "Harvest", "Horizon",
)  # fmt: skip
STREETS = (
    "Main St", "Mission St", "24th St", "Oak Ave", "Martin Luther King Jr Blvd", "Broadway", "Market St", "1st Ave",
    "Washington St", "Cesar Chavez St", "El Camino Real", "Park Rd", "Lincoln Way", "Church St", "San Pablo Ave",
)  # fmt: skip
DOCUMENTS = ("Photo ID", "Proof of address", "Proof of income", "Birth certificate", "Social Security card")

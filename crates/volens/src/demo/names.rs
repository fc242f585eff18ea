//! Names that people in twelve countries might have, and mailboxes that nobody has.

use volens_core::Locale;

/// A country with its share of the people and what they are called.
pub struct Country {
    /// ISO 3166-1 alpha-2.
    pub code: &'static str,
    /// Of a hundred people.
    pub share: u32,
    /// The languages that are written in, the first one most.
    pub locales: &'static [Locale],
    /// First names.
    pub first: &'static [&'static str],
    /// Family names.
    pub last: &'static [&'static str],
    /// Mail domains, all under names that are reserved (RFC 2606) or belong to nobody.
    pub domains: &'static [&'static str],
}

const EVERYWHERE: &[&str] = &["gmail.example", "outlook.example", "icloud.example"];

/// The countries; their shares add up to a hundred.
pub const COUNTRIES: [Country; 12] = [
    Country {
        code: "IT",
        share: 30,
        locales: &[Locale::It],
        first: &[
            "Luca", "Giulia", "Marco", "Chiara", "Matteo", "Francesca", "Davide", "Elena", "Paolo", "Sara", "Andrea",
            "Martina", "Lorenzo", "Alessia", "Niccolò", "Noemi", "Pietro", "Irene", "Tommaso", "Beatrice", "Fabio",
            "Ilaria", "Stefano", "Valentina", "Simone", "Caterina", "Enrico", "Lucia", "Giorgio", "Agnese",
        ],
        last: &[
            "Ferrero", "Rossi", "Bianchi", "Gallo", "Costa", "Giordano", "Rizzo", "Lombardi", "Moretti", "Barbieri",
            "Fontana", "Santoro", "Mariani", "Rinaldi", "Caruso", "Ferrara", "Galli", "Martini", "Leone", "Longo",
            "Gentile", "Martinelli", "Vitale", "Lombardo", "Serra", "Coppola", "De Santis", "Marchetti", "Parisi",
            "Villa", "Conte", "Ferraro", "Ferri", "Fabbri", "Bianco", "Marini", "Grasso", "Valentini", "Messina",
        ],
        domains: &["libero.example", "alice.example", "tiscali.example", "virgilio.example"],
    },
    Country {
        code: "DE",
        share: 14,
        locales: &[Locale::De],
        first: &[
            "Anna", "Jonas", "Lena", "Felix", "Mia", "Paul", "Clara", "Jörg", "Katrin", "Uwe", "Sabine", "Moritz",
            "Frieda", "Jürgen", "Heike", "Torsten", "Ute", "Emil", "Greta", "Bernd", "Svenja", "Käthe", "Till",
            "Wiebke", "Anton",
        ],
        last: &[
            "Müller", "Schmidt", "Schneider", "Fischer", "Weber", "Meyer", "Wagner", "Becker", "Schulz", "Hoffmann",
            "Schäfer", "Koch", "Bauer", "Richter", "Klein", "Wolf", "Schröder", "Neumann", "Schwarz", "Zimmermann",
            "Braun", "Krüger", "Hofmann", "Hartmann", "Lange", "Werner", "Krause", "Lehmann", "Köhler", "Weiß",
        ],
        domains: &["web.example", "gmx.example", "freenet.example", "posteo.example"],
    },
    Country {
        code: "FR",
        share: 11,
        locales: &[Locale::Fr],
        first: &[
            "Camille", "Louis", "Léa", "Hugo", "Manon", "Jules", "Chloé", "Élise", "Antoine", "Zoé", "Mathieu",
            "Aurélie", "François", "Inès", "Théo", "Margaux", "Baptiste", "Noémie", "Rémi", "Sophie", "Jean-Luc",
        ],
        last: &[
            "Martin", "Bernard", "Dubois", "Thomas", "Robert", "Petit", "Durand", "Leroy", "Moreau", "Lefèvre",
            "Girard", "Roux", "Mercier", "Dupont", "Lambert", "Bonnet", "François", "Legrand", "Garnier", "Faure",
            "Rousseau", "Blanc", "Guérin", "Boyer", "Chevalier", "Perrin",
        ],
        domains: &["orange.example", "laposte.example", "free.example", "sfr.example"],
    },
    Country {
        code: "ES",
        share: 9,
        locales: &[Locale::Es],
        first: &[
            "Lucía", "Hugo", "María", "Pablo", "Sofía", "Álvaro", "Carmen", "Javier", "Ana María", "Diego", "Elena",
            "Sergio", "Inés", "Rubén", "Nuria", "Andrés", "Pilar", "Iker", "Marta", "Joaquín",
        ],
        last: &[
            "García", "Fernández", "González", "Rodríguez", "López", "Martínez", "Sánchez", "Pérez", "Gómez", "Martín",
            "Jiménez", "Ruiz", "Hernández", "Díaz", "Moreno", "Muñoz", "Álvarez", "Romero", "Alonso", "Gutiérrez",
        ],
        domains: &["telefonica.example", "terra.example", "correo.example"],
    },
    Country {
        code: "GB",
        share: 7,
        locales: &[Locale::En],
        first: &[
            "Oliver", "Amelia", "Harry", "Isla", "George", "Ava", "Jack", "Emily", "Alfie", "Freya", "Arthur", "Poppy",
            "Rhys", "Siobhan", "Hamish", "Imogen", "Callum", "Maeve",
        ],
        last: &[
            "Smith", "Jones", "Taylor", "Brown", "Williams", "Wilson", "Johnson", "Davies", "Robinson", "Wright",
            "Thompson", "Evans", "Walker", "White", "Roberts", "Green", "Hall", "Wood", "O’Neill", "Campbell",
        ],
        domains: &["btinternet.example", "virgin.example", "sky.example"],
    },
    Country {
        code: "PT",
        share: 5,
        locales: &[Locale::Pt],
        first: &[
            "João", "Maria", "Rodrigo", "Leonor", "Francisco", "Matilde", "Tiago", "Beatriz", "Gonçalo", "Inês",
            "Duarte", "Mafalda", "Rui", "Catarina",
        ],
        last: &[
            "Silva", "Santos", "Ferreira", "Pereira", "Oliveira", "Costa", "Rodrigues", "Martins", "Sousa", "Fernandes",
            "Gonçalves", "Gomes", "Lopes", "Marques", "Araújo", "Simões",
        ],
        domains: &["sapo.example", "meo.example"],
    },
    Country {
        code: "AT",
        share: 5,
        locales: &[Locale::De],
        first: &[
            "Lukas", "Magdalena", "Florian", "Theresa", "Georg", "Johanna", "Matthias", "Veronika", "Stefan",
            "Elisabeth", "Xaver", "Resi",
        ],
        last: &[
            "Gruber", "Huber", "Wagner", "Pichler", "Steiner", "Moser", "Mayer", "Hofer", "Leitner", "Berger", "Fuchs",
            "Eder", "Fischer", "Schmid", "Winkler", "Schwarz", "Brunner", "Lackner",
        ],
        domains: &["aon.example", "gmx.example", "chello.example"],
    },
    Country {
        code: "CH",
        share: 4,
        locales: &[Locale::De, Locale::Fr, Locale::It],
        first: &[
            "Reto", "Ursina", "Urs", "Regula", "Beat", "Seraina", "Nicolas", "Mélanie", "Fabio", "Corinne", "Andri",
            "Flurina",
        ],
        last: &[
            "Meier", "Keller", "Brunner", "Frei", "Gerber", "Baumann", "Graf", "Favre", "Rochat", "Bernasconi", "Zünd",
            "Ammann", "Hürlimann", "Caduff",
        ],
        domains: &["bluewin.example", "sunrise.example"],
    },
    Country {
        code: "NL",
        share: 4,
        locales: &[Locale::En, Locale::De],
        first: &["Daan", "Sanne", "Bram", "Fleur", "Sem", "Lotte", "Thijs", "Femke", "Jasper", "Anouk", "Ruben", "Noor"],
        last: &[
            "de Jong", "Jansen", "de Vries", "van Dijk", "Bakker", "Visser", "Smit", "Meijer", "de Boer", "Mulder",
            "Bos", "Vos", "Peters", "Hendriks",
        ],
        domains: &["ziggo.example", "kpn.example", "planet.example"],
    },
    Country {
        code: "SE",
        share: 4,
        locales: &[Locale::En],
        first: &["Astrid", "Erik", "Maja", "Oskar", "Elsa", "Nils", "Ebba", "Axel", "Saga", "Lars", "Åsa", "Björn"],
        last: &[
            "Andersson", "Johansson", "Karlsson", "Nilsson", "Eriksson", "Larsson", "Olsson", "Persson", "Svensson",
            "Lindqvist", "Åkerman", "Sjöberg", "Lund",
        ],
        domains: &["telia.example", "spray.example"],
    },
    Country {
        code: "DK",
        share: 3,
        locales: &[Locale::En],
        first: &["Freja", "Søren", "Ida", "Mads", "Karla", "Rasmus", "Signe", "Jeppe", "Kirstine", "Anders"],
        last: &["Nielsen", "Jensen", "Hansen", "Pedersen", "Sørensen", "Møller", "Kjær", "Lund", "Holm", "Østergaard"],
        domains: &["mail.example", "stofanet.example"],
    },
    Country {
        code: "PL",
        share: 4,
        locales: &[Locale::En, Locale::De],
        first: &[
            "Zofia", "Jakub", "Hanna", "Szymon", "Maja", "Michał", "Małgorzata", "Łukasz", "Agnieszka", "Piotr",
            "Katarzyna", "Stanisław",
        ],
        last: &[
            "Nowak", "Kowalski", "Wiśniewski", "Wójcik", "Kamiński", "Lewandowski", "Zieliński", "Szymański",
            "Woźniak", "Dąbrowski", "Kozłowski", "Mazur",
        ],
        domains: &["poczta.example", "onet.example", "interia.example"],
    },
];

/// A domain for somebody of that country.
pub fn domain(country: &Country, roll: u32) -> &'static str {
    let own = country.domains;
    let all = own.len() * 2 + EVERYWHERE.len();
    let at = roll as usize % all;
    own.get(at / 2).or_else(|| EVERYWHERE.get(at - own.len() * 2)).copied().unwrap_or("mail.example")
}

/// A name as it stands in an address: small letters without marks.
pub fn plain(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars().flat_map(char::to_lowercase) {
        match c {
            'a'..='z' | '0'..='9' => out.push(c),
            'à' | 'á' | 'â' | 'ã' => out.push('a'),
            'ą' => out.push('a'),
            'ä' | 'æ' => out.push_str("ae"),
            'å' => out.push('a'),
            'ç' | 'ć' => out.push('c'),
            'è' | 'é' | 'ê' | 'ë' | 'ę' => out.push('e'),
            'ì' | 'í' | 'î' | 'ï' => out.push('i'),
            'ł' => out.push('l'),
            'ñ' | 'ń' => out.push('n'),
            'ò' | 'ó' | 'ô' | 'õ' => out.push('o'),
            'ö' | 'ø' => out.push_str("oe"),
            'ś' => out.push('s'),
            'ß' => out.push_str("ss"),
            'ù' | 'ú' | 'û' => out.push('u'),
            'ü' => out.push_str("ue"),
            'ź' | 'ż' => out.push('z'),
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_and_names_can_be_written() {
        assert_eq!(COUNTRIES.iter().map(|c| c.share).sum::<u32>(), 100);
        for c in &COUNTRIES {
            for name in c.first.iter().chain(c.last) {
                assert!(plain(name).len() > 1, "{name}");
            }
            for roll in 0..40 {
                assert!(domain(c, roll).ends_with(".example"));
            }
        }
        assert_eq!(plain("Møller"), "moeller");
        assert_eq!(plain("O’Neill"), "oneill");
    }
}

//! The words of the demo's workspace in six languages: purposes, topics, form, notice.

use std::collections::BTreeMap;

use volens_core::Locale;
use volens_store::purpose::Words;

/// Name, body, frequency; in the order of [`Locale::ALL`]: en es it pt fr de.
type Six = [(&'static str, &'static str, &'static str); 6];

/// A text in its languages.
pub fn words(six: &Six) -> BTreeMap<Locale, Words> {
    let of = |(name, body, frequency): &(&str, &str, &str)| Words {
        name: (*name).to_owned(),
        body: (*body).to_owned(),
        frequency: (*frequency).to_owned(),
    };
    Locale::ALL.into_iter().zip(six.iter().map(of)).collect()
}

/// The newsletter.
pub const BREAD: Six = [
    ("The Bread letter", "What comes out of the oven this week, and one recipe that works at home.", "Every Thursday"),
    ("La carta del pan", "Lo que sale del horno esta semana y una receta para hacer en casa.", "Cada jueves"),
    (
        "La lettera del pane",
        "Che cosa esce dal forno questa settimana, e una ricetta che riesce anche a casa.",
        "Ogni giovedì",
    ),
    ("A carta do pão", "O que sai do forno esta semana e uma receita que resulta em casa.", "Todas as quintas-feiras"),
    ("La lettre du pain", "Ce qui sort du four cette semaine, et une recette à faire chez soi.", "Chaque jeudi"),
    (
        "Der Brotbrief",
        "Was diese Woche aus dem Ofen kommt, und ein Rezept, das auch zu Hause gelingt.",
        "Jeden Donnerstag",
    ),
];

/// Offers.
pub const OFFERS: Six = [
    ("Offers", "Vouchers, and the price of the last loaves before we close.", "At most twice a month"),
    ("Ofertas", "Vales, y el precio de los últimos panes antes de cerrar.", "Como mucho dos veces al mes"),
    ("Offerte", "Buoni, e il prezzo degli ultimi pani prima della chiusura.", "Al massimo due volte al mese"),
    ("Ofertas", "Vales, e o preço dos últimos pães antes de fechar.", "No máximo duas vezes por mês"),
    ("Offres", "Des bons, et le prix des derniers pains avant la fermeture.", "Au plus deux fois par mois"),
    ("Angebote", "Gutscheine, und was die letzten Brote vor Ladenschluss kosten.", "Höchstens zweimal im Monat"),
];

/// Courses and openings.
pub const COURSES: Six = [
    (
        "Courses and openings",
        "Sourdough courses, and when a new shop opens.",
        "When there is one, about four times a year",
    ),
    (
        "Cursos y aperturas",
        "Cursos de masa madre y aperturas de nuevas tiendas.",
        "Cuando hay alguno, unas cuatro veces al año",
    ),
    (
        "Corsi e aperture",
        "Corsi di lievito madre, e quando apre una nuova bottega.",
        "Quando ce n’è uno, circa quattro volte l’anno",
    ),
    (
        "Cursos e aberturas",
        "Cursos de massa-mãe e a abertura de novas lojas.",
        "Quando há algum, cerca de quatro vezes por ano",
    ),
    (
        "Cours et ouvertures",
        "Des cours de levain, et l’ouverture de nouvelles boutiques.",
        "Quand il y en a, environ quatre fois par an",
    ),
    (
        "Kurse und Eröffnungen",
        "Sauerteigkurse, und wann ein neuer Laden aufmacht.",
        "Wenn es einen gibt, etwa viermal im Jahr",
    ),
];

/// A topic of the newsletter.
pub const RYE: Six = [
    ("Rye", "Only letters about rye.", "Now and then"),
    ("Centeno", "Solo las cartas sobre el centeno.", "De vez en cuando"),
    ("Segale", "Solo le lettere sulla segale.", "Ogni tanto"),
    ("Centeio", "Só as cartas sobre o centeio.", "De vez em quando"),
    ("Seigle", "Seulement les lettres sur le seigle.", "De temps en temps"),
    ("Roggen", "Nur die Briefe über Roggen.", "Ab und zu"),
];

/// Another one.
pub const BUNS: Six = [
    ("Buns", "Only letters about buns and sweet things.", "Now and then"),
    ("Bollos", "Solo las cartas sobre bollos y dulces.", "De vez en cuando"),
    ("Brioche", "Solo le lettere su brioche e dolci.", "Ogni tanto"),
    ("Bolos", "Só as cartas sobre bolos e doces.", "De vez em quando"),
    ("Brioches", "Seulement les lettres sur les brioches.", "De temps en temps"),
    ("Süßes", "Nur die Briefe über Schnecken und Süßes.", "Ab und zu"),
];

/// The form.
pub const FORM: Six = [
    ("Letters from the oven", "What we bake, when it comes out, and what it costs. You choose what you get.", ""),
    ("Cartas desde el horno", "Qué horneamos, cuándo sale y cuánto cuesta. Usted elige lo que recibe.", ""),
    ("Lettere dal forno", "Che cosa inforniamo, quando esce e quanto costa. Lei sceglie che cosa ricevere.", ""),
    ("Cartas do forno", "O que cozemos, quando sai e quanto custa. Escolhe o que recebe.", ""),
    ("Des lettres du four", "Ce que nous cuisons, quand cela sort et ce que cela coûte. Vous choisissez.", ""),
    ("Briefe aus dem Ofen", "Was wir backen, wann es herauskommt und was es kostet. Sie wählen, was Sie bekommen.", ""),
];

/// The privacy notice.
pub const NOTICE: Six = [
    (
        "What we do with your address",
        "We keep your address, your first name and your language to send you the letters you chose, and for nothing \
         else.\n\nWe keep a record of what you ticked, when, and which words stood beside the box, so that we can show \
         it to you. Nobody else gets your address. We do not watch whether you open a letter.\n\nYou can leave with one \
         press in every letter. Ask us what we hold at hello@nordicbakery.example; you may also complain to the data \
         protection authority of your country.",
        "",
    ),
    (
        "Qué hacemos con su dirección",
        "Guardamos su dirección, su nombre y su idioma para enviarle las cartas que eligió, y para nada \
         más.\n\nGuardamos un registro de lo que marcó, cuándo, y qué palabras había junto a la casilla, para poder \
         mostrárselo. Nadie más recibe su dirección. No miramos si abre una carta.\n\nPuede darse de baja con un clic \
         en cada carta. Pregúntenos qué guardamos en hello@nordicbakery.example; también puede reclamar ante la \
         autoridad de protección de datos de su país.",
        "",
    ),
    (
        "Che cosa facciamo con il suo indirizzo",
        "Conserviamo il suo indirizzo, il suo nome e la sua lingua per mandarle le lettere che ha scelto, e per \
         nient’altro.\n\nConserviamo che cosa ha spuntato, quando, e quali parole stavano accanto alla casella, per \
         poterglielo mostrare. Nessun altro riceve il suo indirizzo. Non guardiamo se apre una lettera.\n\nPuò uscire \
         con un clic in ogni lettera. Ci chieda che cosa conserviamo a hello@nordicbakery.example; può anche rivolgersi \
         al garante della privacy del suo paese.",
        "",
    ),
    (
        "O que fazemos com o seu endereço",
        "Guardamos o seu endereço, o seu nome e a sua língua para lhe enviar as cartas que escolheu, e para mais \
         nada.\n\nGuardamos o que assinalou, quando, e que palavras estavam ao lado da caixa, para lho podermos \
         mostrar. Mais ninguém recebe o seu endereço. Não vemos se abre uma carta.\n\nPode sair com um clique em cada \
         carta. Pergunte-nos o que guardamos em hello@nordicbakery.example; pode também reclamar junto da autoridade de \
         proteção de dados do seu país.",
        "",
    ),
    (
        "Ce que nous faisons de votre adresse",
        "Nous gardons votre adresse, votre prénom et votre langue pour vous envoyer les lettres que vous avez choisies, \
         et rien d’autre.\n\nNous gardons la trace de ce que vous avez coché, quand, et des mots qui se trouvaient à \
         côté de la case, pour pouvoir vous le montrer. Personne d’autre ne reçoit votre adresse. Nous ne regardons pas \
         si vous ouvrez une lettre.\n\nVous pouvez partir d’un clic dans chaque lettre. Demandez-nous ce que nous \
         gardons à hello@nordicbakery.example ; vous pouvez aussi vous plaindre à l’autorité de protection des données \
         de votre pays.",
        "",
    ),
    (
        "Was wir mit Ihrer Adresse machen",
        "Wir behalten Ihre Adresse, Ihren Vornamen und Ihre Sprache, um Ihnen die Briefe zu schicken, die Sie gewählt \
         haben, und zu nichts sonst.\n\nWir heben auf, was Sie angekreuzt haben, wann, und welche Worte neben dem \
         Kästchen standen, damit wir es Ihnen zeigen können. Niemand sonst bekommt Ihre Adresse. Wir sehen nicht nach, \
         ob Sie einen Brief öffnen.\n\nSie können mit einem Klick in jedem Brief gehen. Fragen Sie uns unter \
         hello@nordicbakery.example, was wir haben; Sie können sich auch bei der Datenschutzaufsicht Ihres Landes \
         beschweren.",
        "",
    ),
];

/// The card on the counter, as the reason line would name it.
pub const CARD: Six = [
    ("Card on the counter", "", ""),
    ("Tarjeta en el mostrador", "", ""),
    ("Biglietto al banco", "", ""),
    ("Cartão ao balcão", "", ""),
    ("Carte au comptoir", "", ""),
    ("Karte an der Theke", "", ""),
];

/// The tasting in October.
pub const TASTING: Six = [
    ("Bread tasting in Torino", "", ""),
    ("Cata de pan en Turín", "", ""),
    ("Degustazione del pane a Torino", "", ""),
    ("Prova de pão em Turim", "", ""),
    ("Dégustation de pain à Turin", "", ""),
    ("Brotverkostung in Turin", "", ""),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_has_six_languages_with_the_same_parts() {
        for six in [&BREAD, &OFFERS, &COURSES, &RYE, &BUNS, &FORM, &NOTICE, &CARD, &TASTING] {
            let all = words(six);
            assert_eq!(all.len(), 6);
            let shape = |w: &Words| (w.name.is_empty(), w.body.is_empty(), w.frequency.is_empty());
            let english = shape(&all[&Locale::En]);
            assert!(all.values().all(|w| shape(w) == english), "{}", all[&Locale::En].name);
        }
    }
}

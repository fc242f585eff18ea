//! The sample workspace, letter and people of these tests.
#![expect(dead_code, reason = "each test file uses its part")]

use volens_core::id::{DeliveryKey, StreamNo};
use volens_core::{Locale, Micros};
use volens_mail::{
    AddrSpec, Brand, Colours, Compiled, FeedbackId, Furniture, Letter, ListId, Mailbox, MessageId, PersonView, Reason,
    Sender, Source, WebUrl, Words, Zone, message_id, reason_line,
};

/// 3 May 2026, 11:03:07 in Torino.
pub const JOINED: Micros = Micros(1_777_798_987_000_000);
/// 26 November 2026, 7:30 in Torino.
pub const SENT: Micros = Micros(1_795_674_600_000_000);

pub const LETTER: &str = include_str!("../letter.md");

pub fn words() -> Words {
    Words::new(&[]).unwrap()
}

pub fn zone() -> Zone {
    Zone::named("Europe/Rome").unwrap()
}

pub fn brand() -> Brand {
    Brand {
        light: Colours::of([
            0xF6_F1_EA, 0xFF_FD_FA, 0x2A_1D_12, 0x57_46_36, 0x6C_5A_49, 0xE4_D9_CB, 0x8A_4A_14, 0x80_43_0F, 0xD9_B5_8D,
        ]),
        dark: Colours::of([
            0x15_10_0B, 0x1F_18_12, 0xF3_EA_E0, 0xD3_C4_B4, 0xB5_A3_91, 0x3A_2E_23, 0xA8_62_1F, 0xF2_B9_7A, 0x7A_4F_22,
        ]),
        picture_hosts: vec!["letters.nordicbakery.example".to_owned()],
        ..Brand::plain("Nordic Bakery")
    }
}

pub fn sender() -> Sender<'static> {
    Sender {
        name: "Nordic Bakery S.r.l.",
        postal_address: "Via del Forno 12, 10122 Torino, Italy",
        contact: Some("hello@nordicbakery.example"),
        privacy_url: Some("https://letters.nordicbakery.example/privacy"),
    }
}

pub fn compiled() -> Compiled {
    Compiled::new(&Letter::parse(LETTER).unwrap(), &brand(), &words(), Locale::En).unwrap()
}

pub fn giulia() -> PersonView {
    PersonView::new().first_name("Giulia").language("it").country("IT").field("city", "Torino")
}

pub const PURPOSES: [(&str, &str, &str); 6] = [
    ("The Bread letter", "Every Thursday at 7:30", "Send me the recipe of the week and what comes out of the oven."),
    ("La carta del pan", "Cada jueves a las 7:30", "Enviadme la receta de la semana y lo que sale del horno."),
    ("La lettera del pane", "Ogni giovedì alle 7:30", "Mandatemi la ricetta della settimana e ciò che esce dal forno."),
    ("A carta do pão", "Todas as quintas-feiras às 7:30", "Enviem-me a receita da semana e o que sai do forno."),
    ("La lettre du pain", "Chaque jeudi à 7 h 30", "Envoyez-moi la recette de la semaine et ce qui sort du four."),
    (
        "Der Brotbrief",
        "Jeden Donnerstag um 7:30 Uhr",
        "Schicken Sie mir das Rezept der Woche und was aus dem Ofen kommt.",
    ),
];

pub fn reason(locale: Locale) -> String {
    let (purpose, frequency, _) = PURPOSES[locale as usize];
    let reason = Reason { joined_at: JOINED, source: Source::CounterCard, purpose, frequency, zone: &zone() };
    reason_line(&words(), locale, &reason)
}

pub fn furniture(reason: &str, locale: Locale) -> Furniture<'_> {
    Furniture {
        reason,
        leave_url: "https://letters.nordicbakery.example/l/AQEAvuD4kQ2mT0c9w3xY7zR1",
        choices_url: "https://letters.nordicbakery.example/c/AQEAp2m9Qx0V5sB8nK4tH6jL",
        sender: "Nordic Bakery S.r.l.",
        postal_address: "Via del Forno 12, 10122 Torino, Italy",
        locale,
    }
}

pub struct Envelope {
    pub from: Mailbox,
    pub to: Mailbox,
    pub id: MessageId,
    pub list: ListId,
    pub one_click: WebUrl,
    pub mailto: AddrSpec,
    pub feedback: FeedbackId,
}

pub fn envelope() -> Envelope {
    let key = DeliveryKey { stream: StreamNo(12), ordinal: 4711 };
    Envelope {
        from: Mailbox::named("Nordic Bakery", AddrSpec::parse("letters@nordicbakery.example").unwrap()),
        to: Mailbox::named("Giulia Però", AddrSpec::parse("giulia@posta.example").unwrap()),
        id: message_id(key, JOINED, "letters.nordicbakery.example"),
        list: ListId::new("The Bread letter", "bread", "letters.nordicbakery.example").unwrap(),
        one_click: WebUrl::parse("https://letters.nordicbakery.example/l/AQEAvuD4kQ2mT0c9w3xY7zR1").unwrap(),
        mailto: AddrSpec::parse("aebagbafaydqqcikbmga2dqpcaireeyuculbogazdinryhi6d4qa@in.nordicbakery.example")
            .unwrap(),
        feedback: FeedbackId::new("cmp12", "bread", "letter", "nordicbakery").unwrap(),
    }
}

impl Envelope {
    pub fn headers(&self) -> volens_mail::Headers<'_> {
        volens_mail::Headers {
            from: &self.from,
            to: &self.to,
            reply_to: None,
            date: SENT,
            message_id: &self.id,
            list: Some(volens_mail::List { id: &self.list, one_click: &self.one_click, mailto: Some(&self.mailto) }),
            feedback_id: Some(&self.feedback),
            auto_generated: false,
        }
    }

    /// As confirmations go: from nobody's list.
    pub fn plain(&self) -> volens_mail::Headers<'_> {
        volens_mail::Headers { list: None, feedback_id: None, auto_generated: true, ..self.headers() }
    }
}

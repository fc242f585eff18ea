//! What `init` writes: configuration, letter, and the texts of the first workspace in six languages.

use volens_core::locale::Locale;

/// The purpose's short name.
pub const PURPOSE: &str = "newsletter";
/// The form's short name.
pub const FORM: &str = "newsletter";

/// The example letter.
pub const LETTER: &str = "---
purpose: newsletter
subject: Hello {{ person.first_name | default('there') }}, this is our first letter
preview: Two minutes to read, one thing to try
useful_for: 3 days
---

Hello {{ person.first_name | default('there') }},

this is an **example letter**. What stands in double braces is filled in for each reader; where a reader may lack it, say
what stands there instead, or nothing is sent at all.

Write in Markdown, or in HTML if the text begins with a tag. Then:

1. `volens campaign create letter.md`
2. `volens campaign preview`
3. `volens campaign send`

The line that says why somebody gets this letter, and the link to leave, are added by themselves.
";

/// The configuration.
pub const CONFIG: &str = r##"# Volens. Every key can also be set in the environment: VOLENS_HTTP_LISTEN goes before http.listen.
# What is commented out shows the value that counts without it, or an example.

# Where people find the pages: the public https address of this server. All links are built on it, and no campaign leaves
# while it is not public https.
base_url = {base_url}
# The domain of Message-IDs, return paths and List-Ids (default: the host of base_url).
# mail_host = "letters.example.org"
# The name of this process among several on one database (default: the host name).
# node = "node-1"

[data]
# Database, lock and socket; relative to this file. One process owns it.
folder = "data"

[key]
# The master key: a file that only its owner can read, or an environment variable, or what a command prints.
file = "volens.key"
# env = "VOLENS_MASTER"
# command = "pass show volens"

[database]
# SQLite in the data folder, unless a PostgreSQL (15 or newer) is named.
{database}
# "transaction" when PgBouncer stands between in transaction mode.
# pooler = "none"
# connections = 16

[http]
# Put a web server with a certificate in front of it.
listen = "127.0.0.1:8080"
# Whose X-Forwarded-For is believed: the addresses or networks of that web server.
trusted_proxies = ["127.0.0.1"]
# Sign-ups a minute from one network; 0 is no limit.
# signups_a_minute = 60

# Where mail is handed over: your provider's or your own mail server. Let it sign with DKIM. Without it nothing is sent.
# [[relay]]
# name = "main"
# host = "smtp.example.org"
# port = 587
# "if_offered" takes STARTTLS where the relay has it, "starttls" requires it (better, if yours can), "implicit" is port
# 465, "none" for this machine only.
# tls = "if_offered"
# Certificates to trust beside the system's, PEM.
# ca_file = "ca.pem"
# user = "letters"
# One of these three:
# password = "secret"
# password_file = "relay.password"
# password_env = "RELAY_PASSWORD"
# login_without_tls = false
# protocol = "smtp"
# hello_name = "letters.example.org"
# Connections at once, and messages that each may write before the first reply.
# sessions = 4
# window = 1
# Messages a second at most.
# rate = 50
# messages_per_connection = 1000
# connect_timeout = "30s"
# command_timeout = "5m"
# reply_timeout = "10m"
# idle_timeout = "30s"

# Takes withdrawals by mail (the mailto of List-Unsubscribe). The domain's MX must lead here.
# [intake]
# listen = "0.0.0.0:25"
# host = "leave.example.org"

[sending]
# Confirmation mails to one address.
# confirmations_a_day = 3
# lease = "60s"
# silent = "15m"
# retry_first = "60s"
# hold_first = "1s"

[log]
# error, warn, info, debug or trace; `kill -HUP` reads it again.
level = "info"
"##;

/// For each language: the purpose (name, benefit, frequency), the form (title, lead), the notice (title, text).
pub const TEXTS: [(Locale, [[&str; 3]; 3]); 6] = [
    (
        Locale::En,
        [
            ["The letter", "News and ideas from {name}.", "About once a month"],
            ["Letters from {name}", "Tell us where to write. You can leave with one click at any time.", ""],
            [
                "Privacy notice",
                "{legal}, {postal}, keeps your e-mail address and, if you give it, your name to send you what you ticked.\n\n## On what ground\nYour consent. It counts once you confirm it from your mailbox. We keep a record of it, because we must be able to prove it.\n\n## For how long\nUntil you leave. The record of your consent is kept for as long as it may have to be proven.\n\n## Your rights\n- You can leave with one click in every letter.\n- You can ask what we hold about you, and have it corrected, handed over or erased: {email}.\n- You can complain to your data protection authority.",
                "",
            ],
        ],
    ),
    (
        Locale::Es,
        [
            ["La carta", "Novedades e ideas de {name}.", "Más o menos una vez al mes"],
            [
                "Cartas de {name}",
                "Díganos adónde escribirle. Puede darse de baja con un clic en cualquier momento.",
                "",
            ],
            [
                "Aviso de privacidad",
                "{legal}, {postal}, guarda su dirección de correo electrónico y, si la indica, su nombre para enviarle lo que ha marcado.\n\n## Con qué base\nSu consentimiento. Vale desde que lo confirma desde su buzón. Guardamos constancia de él porque debemos poder demostrarlo.\n\n## Durante cuánto tiempo\nHasta que se dé de baja. La constancia de su consentimiento se guarda mientras pueda ser necesario demostrarlo.\n\n## Sus derechos\n- Puede darse de baja con un clic en cada carta.\n- Puede preguntar qué datos suyos tenemos y pedir que se corrijan, se entreguen o se borren: {email}.\n- Puede reclamar ante su autoridad de protección de datos.",
                "",
            ],
        ],
    ),
    (
        Locale::It,
        [
            ["La lettera", "Novità e idee da {name}.", "Circa una volta al mese"],
            ["Lettere da {name}", "Ci dica dove scriverle. Può lasciarci con un clic in ogni momento.", ""],
            [
                "Informativa sulla privacy",
                "{legal}, {postal}, conserva il suo indirizzo e-mail e, se lo indica, il suo nome per inviarle ciò che ha scelto.\n\n## Su quale base\nIl suo consenso. Vale da quando lo conferma dalla sua casella. Ne conserviamo la prova, perché dobbiamo poterlo dimostrare.\n\n## Per quanto tempo\nFinché non ci lascia. La prova del consenso è conservata finché può essere necessario dimostrarlo.\n\n## I suoi diritti\n- Può lasciarci con un clic in ogni lettera.\n- Può chiedere che cosa conserviamo di lei e farlo correggere, consegnare o cancellare: {email}.\n- Può presentare reclamo alla sua autorità per la protezione dei dati.",
                "",
            ],
        ],
    ),
    (
        Locale::Pt,
        [
            ["A carta", "Novidades e ideias de {name}.", "Cerca de uma vez por mês"],
            ["Cartas de {name}", "Diga-nos para onde escrever. Pode sair com um clique a qualquer momento.", ""],
            [
                "Aviso de privacidade",
                "{legal}, {postal}, guarda o seu endereço de e-mail e, se o indicar, o seu nome para lhe enviar o que assinalou.\n\n## Com que fundamento\nO seu consentimento. Conta a partir do momento em que o confirma na sua caixa de correio. Guardamos o registo, porque temos de o poder provar.\n\n## Durante quanto tempo\nAté sair. O registo do consentimento é guardado enquanto possa ser necessário prová-lo.\n\n## Os seus direitos\n- Pode sair com um clique em cada carta.\n- Pode perguntar o que guardamos sobre si e pedir a correção, a entrega ou o apagamento: {email}.\n- Pode apresentar queixa à sua autoridade de proteção de dados.",
                "",
            ],
        ],
    ),
    (
        Locale::Fr,
        [
            ["La lettre", "Des nouvelles et des idées de {name}.", "Environ une fois par mois"],
            ["Les lettres de {name}", "Dites-nous où vous écrire. Vous pouvez partir d'un clic à tout moment.", ""],
            [
                "Protection des données",
                "{legal}, {postal}, conserve votre adresse e-mail et, si vous l'indiquez, votre nom pour vous envoyer ce que vous avez coché.\n\n## Sur quelle base\nVotre consentement. Il compte une fois confirmé depuis votre messagerie. Nous en gardons la trace, car nous devons pouvoir le prouver.\n\n## Pendant combien de temps\nJusqu'à votre départ. La trace de votre consentement est gardée aussi longtemps qu'il peut falloir le prouver.\n\n## Vos droits\n- Vous pouvez partir d'un clic dans chaque lettre.\n- Vous pouvez demander ce que nous conservons sur vous et le faire corriger, remettre ou effacer : {email}.\n- Vous pouvez saisir votre autorité de protection des données.",
                "",
            ],
        ],
    ),
    (
        Locale::De,
        [
            ["Der Brief", "Neues und Ideen von {name}.", "Etwa einmal im Monat"],
            [
                "Briefe von {name}",
                "Sagen Sie uns, wohin wir schreiben dürfen. Sie können sich jederzeit mit einem Klick abmelden.",
                "",
            ],
            [
                "Datenschutzhinweis",
                "{legal}, {postal}, speichert Ihre E-Mail-Adresse und, wenn Sie ihn angeben, Ihren Namen, um Ihnen zu senden, was Sie angekreuzt haben.\n\n## Auf welcher Grundlage\nIhre Einwilligung. Sie gilt, sobald Sie sie aus Ihrem Postfach bestätigt haben. Wir bewahren einen Nachweis auf, weil wir sie belegen können müssen.\n\n## Wie lange\nBis Sie sich abmelden. Der Nachweis wird aufbewahrt, solange er gebraucht werden kann.\n\n## Ihre Rechte\n- Sie können sich in jedem Brief mit einem Klick abmelden.\n- Sie können fragen, was wir über Sie speichern, und es berichtigen, herausgeben oder löschen lassen: {email}.\n- Sie können sich bei Ihrer Datenschutzbehörde beschweren.",
                "",
            ],
        ],
    ),
];

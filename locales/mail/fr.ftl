# Dates
month-1 = janvier
month-2 = février
month-3 = mars
month-4 = avril
month-5 = mai
month-6 = juin
month-7 = juillet
month-8 = août
month-9 = septembre
month-10 = octobre
month-11 = novembre
month-12 = décembre
weekday-1 = lundi
weekday-2 = mardi
weekday-3 = mercredi
weekday-4 = jeudi
weekday-5 = vendredi
weekday-6 = samedi
weekday-7 = dimanche
date = { $day ->
    [1] 1er
   *[other] { $day }
 } { $month } { $year }
date-weekday = { $weekday } { $day ->
    [1] 1er
   *[other] { $day }
 } { $month } { $year }
footer-change = Changer ce que vous recevez
footer-leave = Se désinscrire

# Sous chaque lettre
footer-contact = Nous écrire
footer-privacy = Politique de confidentialité

# Pourquoi elle arrive
reason-form = Vous avez dit oui { $on } sur { $place }.
reason-page = Vous avez dit oui { $on } sur la page de votre adresse.
reason-counter = Vous nous avez rejoints { $on } avec la carte du comptoir.
reason-event = Vous nous avez rejoints { $on } à l’occasion de « { $name } ».
reason-import = Vous avez dit oui { $on } ; c’est consigné dans la liste « { $name } », que nous avons reprise.
reason-partner = Vous avez dit oui { $on } par l’intermédiaire de { $name }.
reason-customer = Vous avez acheté chez nous { $on }, et nous pouvons vous écrire au sujet de choses semblables.
reason-implied = Vous avez été en contact avec nous { $on }, c’est pourquoi nous pouvons vous écrire.
reason-told = Nous vous avons prévenu { $on } que cette lettre viendrait, et vous n’avez pas dit non.
reason-interest = Nous vous écrivons pour votre travail. Votre adresse nous est parvenue { $on }.
reason-promise = { $purpose } : { $frequency }.
reason-ways = Vous pouvez changer ou vous désinscrire ci-dessous.
small-words = chaque, tous, toutes, une, un, deux, environ, jusqu’à, seulement, quand, jamais, pas, au, le, la, les, à

# On a date; a date with its time
on-date = { $day ->
   *[other] le { $date }
 }
at-time = { $on } à { $time }

confirm-subject = Merci de confirmer : les lettres de { $brand }
confirm-preview = Un clic, et nous vous écrivons. Si vous ne faites rien, rien n’arrive.
confirm-title = Un clic, et nous vous écrivons
confirm-lead = Ceci a été coché { $when } sur { $place }. Était-ce vous, et le voulez-vous ?
confirm-button = Oui, écrivez-moi
confirm-until = Le bouton expire { $when }. Si vous ne faites rien, rien n’arrive.
confirm-reason = Vous recevez ce seul message parce que quelqu’un a saisi cette adresse dans notre formulaire. Si ce n’était pas vous, cliquez sur « { $label } » : rien de tel n’arrivera pendant 30 jours.
confirm-not-me = Ce n’était pas moi

welcome-subject = Bienvenue chez { $brand }
welcome-preview = Ce qui arrive, et à quel rythme.
welcome-title = Heureux de vous compter parmi nous
welcome-lead = Vous avez dit oui. Voici ce qui vous arrive désormais :
welcome-change = Trop, ou plutôt autre chose ? Choisissez ici :

already-subject = Vous recevez déjà nos lettres
already-preview = Rien n’a changé. Voici ce qui arrive.
already-title = Vous recevez déjà nos lettres
already-lead = Cette adresse a été saisie { $when } dans le formulaire sur { $place }. Nous l’avons déjà : il n’y a rien à confirmer, et rien n’a changé.
already-ask = Si vous vouliez autre chose, voici ce que vous recevez et ce que vous pouvez ajouter.
already-button = Voir ce que vous recevez
already-reason = Vous recevez ce seul message parce que quelqu’un a saisi cette adresse dans notre formulaire. Si ce n’était pas vous, ne faites rien.

added-subject = Merci de confirmer : un choix de plus chez { $brand }
added-preview = Un clic l’ajoute. Tout le reste demeure tel quel.
added-title = Un clic, et c’est ajouté
added-lead = Vous avez demandé ceci { $when } :
added-button = Oui, ajoutez-le
added-until = Le bouton expire { $when }. Il n’ajoute que cela ; tout le reste demeure tel quel. Si ce n’était pas vous, ne faites rien.
back-subject = Merci de confirmer : cela revient
back-preview = Un clic, et cela revient. Tout le reste demeure tel quel.
back-title = Un clic, et cela revient
back-lead = Vous avez demandé à recevoir de nouveau ceci { $when } :
back-button = Oui, je le veux de nouveau
added-reason = Vous recevez ce seul message parce qu’un choix a été ajouté sur la page de cette adresse.

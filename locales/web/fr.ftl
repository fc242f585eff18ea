# Les mots des pages pour les gens.

# Toutes les pages
web-skip = Aller au contenu
web-language = Langue
web-notice = Politique de confidentialité
web-notice-inline = politique de confidentialité
web-kept = Volens garde la trace de chaque oui et de chaque non, pour vous et pour nous.
web-error = Erreur :
web-optional = facultatif
web-by-email = Par e-mail
web-change = Changer ce que vous recevez
web-for-address = Pour { $address }.
web-not-me = Ce n’était pas moi
web-and = { $front } et { $last }

# Temps
web-today-at = aujourd’hui à { $time }
web-date-at = le { $date } à { $time }
web-second-today = { $time } ({ $zone })
web-second = { $time } ({ $zone }) le { $date }

# Inscription
web-signup-email = Adresse e-mail
web-signup-email-hint = Nous n’écrivons qu’ici.
web-signup-name = Prénom
web-signup-name-hint = Pour pouvoir vous saluer.
web-signup-trap = Laissez ce champ vide
web-signup-what = Que pouvons-nous vous envoyer ?
web-signup-what-hint = Cochez ce qui vous plaît. Rien n’est coché d’avance.
web-signup-send = M’envoyer l’e-mail de confirmation
web-signup-after = Nous envoyons un seul e-mail pour vérifier que l’adresse est bien la vôtre. Tant que vous n’avez pas appuyé sur le bouton qu’il contient, rien d’autre n’arrive. Vous pouvez partir d’un clic dans chaque lettre.
web-signup-notice = Comment nous utilisons et protégeons votre adresse : { $link }, version du { $date }.
web-signup-errors = { $count ->
    [1] Il reste une chose avant l’envoi
    [2] Il reste deux choses avant l’envoi
    [3] Il reste trois choses avant l’envoi
   *[other] Il reste { $count } choses avant l’envoi
 }
web-signup-do-email_missing = Saisissez votre adresse e-mail
web-signup-do-email_malformed = Vérifiez l’adresse : elle n’est pas complète
web-signup-do-email_too_long = Vérifiez l’adresse : elle est trop longue
web-signup-do-email_slip = Vérifiez l’adresse : vouliez-vous dire { $domain } ?
web-signup-do-name_unusable = Raccourcissez le prénom, ou laissez-le vide
web-signup-do-nothing_ticked = Cochez au moins une chose que nous pouvons vous envoyer
web-signup-do-stale = Appuyez encore une fois sur le bouton
web-signup-why-email_missing = Il nous faut une adresse où écrire.
web-signup-why-email_malformed = Une adresse ressemble à nom@example.com.
web-signup-why-email_too_long = Aucune adresse ne dépasse 254 caractères.
web-signup-why-email_slip = { $domain } ressemble à une faute de frappe.
web-signup-why-name_unusable = Un prénom compte 100 caractères au plus, sur une seule ligne.
web-signup-why-nothing_ticked = Rien n’est encore coché. Une case suffit.
web-signup-use = Utiliser { $address }
web-signup-keep = Non, { $domain } est correct

# Merci
web-thanks-title = Il manque un clic
web-thanks-lead = Un seul e-mail est en route. Ouvrez-le et appuyez sur le bouton ; d’ici là, rien d’autre n’arrive.
web-thanks-again = L’e-mail est de nouveau en route. Ouvrez-le et appuyez sur le bouton ; d’ici là, rien d’autre n’arrive.
web-thanks-to = En route vers
web-thanks-wrong = Mauvaise adresse ?
web-thanks-nothing = Toujours rien après cinq minutes ?
web-thanks-look = Cherchez dans les indésirables « { $subject } », de { $from }.
web-thanks-or = Ou laissez-nous réessayer.
web-thanks-send = L’envoyer de nouveau
web-thanks-left = { $count ->
    [1] Encore une fois aujourd’hui au plus.
    [2] Encore deux fois aujourd’hui au plus.
   *[other] Encore { $count } fois aujourd’hui au plus.
 }
web-thanks-spent = Nous l’avons envoyé autant de fois que possible aujourd’hui. Demain, vous pourrez le redemander.
web-thanks-known = Si l’adresse reçoit déjà nos lettres, c’est ce que dira l’e-mail.

# Confirmer
web-confirm-title = Pouvons-nous vous écrire ?
web-confirm-form = Vous avez coché ceci sur { $place } { $moment }.
web-confirm-choices = Vous avez ajouté ceci à ce que vous recevez { $moment }.
web-confirm-way_back = Vous avez demandé à revenir { $moment }.
web-confirm-before = Rien n’est envoyé avant que vous appuyiez sur le bouton.
web-confirm-yes = Oui, écrivez-moi
web-confirm-for = Pour { $address }. Vous pouvez changer ou arrêter à tout moment.
web-confirm-else = Quelqu’un d’autre a saisi votre adresse ? Dites-le-nous, et aucun e-mail de ce genre n’arrivera pendant 30 jours.

# Bienvenue
web-welcome-title = C’est fait, vous êtes des nôtres
web-welcome-name = { $name }, vous êtes des nôtres
web-welcome-lead = Vous avez dit oui, et voici ce qui arrive :
web-welcome-earlier = Vous aviez déjà dit oui
web-welcome-when = Vous avez appuyé sur le bouton { $moment }.
web-welcome-nothing-to-do = Il n’y a rien d’autre à faire. Voici ce qui arrive :
web-welcome-off = Vous êtes parti depuis, donc rien n’arrive. Se réinscrire prend une minute.
web-welcome-mail = Un e-mail de bienvenue est en route vers { $address }.
web-welcome-stop = Vous pouvez partir d’un clic dans chaque lettre.

# Ce n’était pas moi
web-not-me-title = Était-ce quelqu’un d’autre ?
web-not-me-lead = Quelqu’un a saisi { $address } dans notre formulaire. Si ce n’était pas vous, appuyez sur le bouton.
web-not-me-press = Ce n’était pas moi
web-not-me-what = { $days ->
    [one] Aucun e-mail de ce genre n’arrivera pendant un jour, et la demande est écartée.
   *[other] Aucun e-mail de ce genre n’arrivera pendant { $days } jours, et la demande est écartée.
 }
web-not-me-done = C’est noté : ce n’était pas vous
web-not-me-until = Aucun e-mail de ce genre n’arrivera à { $address } avant le { $date }, qui que ce soit qui la saisisse. La demande est écartée, et personne ne vous écrira à cause d’elle.
web-not-me-after = { $days ->
    [one] Si vous voulez nos lettres plus tard, inscrivez-vous après ce jour.
   *[other] Si vous voulez nos lettres plus tard, inscrivez-vous après ces { $days } jours.
 }

# Partir
web-leave-title = Que devons-nous arrêter ?
web-leave-lead = Pour l’adresse { $address }. Un clic, aucune question, tout de suite.
web-stop-this = Ne plus recevoir { $name }
web-stop-all = Ne plus rien recevoir de { $brand }
web-stop-too = Ne plus recevoir { $name } non plus
web-leave-everything = « Plus rien », c’est : { $list }. Les reçus de vos commandes arrivent toujours.
web-leave-many = Juste un peu trop ?
web-leave-many-hint = Gardez une chose et laissez l’autre.
web-leave-not-yours = Ce n’est pas votre adresse ?
web-leave-not-yours-hint = Alors cette lettre vous a été transférée. Fermez la page, et son destinataire la garde.
web-left-this = Vous ne recevrez plus { $name }
web-left-all = Vous ne recevrez plus rien de { $brand }
web-left-at = C’est valable depuis { $second }.
web-left-earlier = Vous étiez déjà parti. C’est valable depuis { $second }.
web-left-nothing-else = Rien d’autre n’arrive.
web-left-no-more = Plus aucune lettre n’arrive à { $address }. Les reçus de vos commandes, si.
web-left-still = Ce qui arrive encore
web-left-back = C’était une erreur : envoyez-moi de quoi revenir
web-left-back-hint = Pour revenir, il suffit d’un clic dans un e-mail à { $address }, afin que personne d’autre ne puisse le faire à votre place.
web-back-title = De quoi revenir est en route
web-back-this = Cela arrivera à { $address }. Appuyez sur le bouton de l’e-mail et vous recevrez de nouveau { $name }. D’ici là, rien ne change.
web-back-all = Cela arrivera à { $address }. Appuyez sur le bouton de l’e-mail et vous recevrez de nouveau ce que vous receviez. D’ici là, rien ne change.
web-back-why = Les lettres se transfèrent. C’est pourquoi seule la boîte elle-même peut redire oui.

# Ce que vous recevez
web-choices-title = Ce que vous recevez de nous
web-choices-saved-title = Enregistré
web-choices-lead = Pour { $address }. Ce que vous retirez s’arrête dès l’enregistrement. Ce que vous ajoutez commence après un clic dans un e-mail que nous vous envoyons.
web-choices-within = Plus précisément : { $name }
web-choices-save = Enregistrer
web-choices-saved = Enregistré à { $second }
web-choices-stopped = Arrêté tout de suite : { $list }.
web-choices-asked = En attente de votre clic dans l’e-mail à { $address } : { $list }.
web-choices-held = Pas encore ajouté : { $list }. Nous avons envoyé à { $address } autant de messages que possible aujourd’hui, donc aucun message avec le bouton n’est en route. Demain, vous pourrez l’ajouter ici.
web-choices-same = Rien n’était différent, donc rien n’a changé.
web-choices-leave = Partir tout à fait
web-choices-leave-hint = Plus aucune lettre de { $brand }. Les reçus de commandes arrivent toujours.
web-choices-stop = Tout arrêter
web-state-granted = Vous avez dit oui
web-state-requested = En attente de votre clic
web-state-refused = Vous avez dit non
web-state-withdrawn = Vous êtes parti
web-state-suppressed = Arrêté
web-state-expired = Expiré
web-state-unknown = Jamais demandé

# Difficultés
web-trouble-expired = Ce lien a expiré
web-trouble-expired-why = { $days ->
    [one] Les liens de ce genre valent un jour. Celui-ci est du { $date }. Entre-temps, rien ne vous a été envoyé.
   *[other] Les liens de ce genre valent { $days } jours. Celui-ci est du { $date }. Entre-temps, rien ne vous a été envoyé.
 }
web-trouble-renew = M’en envoyer un nouveau
web-trouble-renew-same = À { $address }, avec les mêmes cases : { $list }.
web-trouble-renew-to = À { $address }.
web-trouble-used = Ce lien a fait son travail
web-trouble-used-why = Il vaut une seule fois et il a déjà servi. Ce qu’il a fait alors compte toujours ; rien ne s’est passé maintenant.
web-trouble-void = Il n’y a plus rien à confirmer
web-trouble-void-why = Ce que ce lien demandait a été retiré entre-temps, ou un message plus récent a pris sa place. Rien ne s’est passé maintenant, et rien n’est envoyé à cause de cela. Si vous voulez nos lettres, cherchez le message le plus récent ou inscrivez-vous à nouveau.
web-trouble-garbled = Ce lien n’est pas entier
web-trouble-garbled-why = Il en manque un morceau, ou il a changé en route ; certains logiciels de messagerie coupent les liens longs. Ouvrez-le depuis l’e-mail lui-même, ou copiez-le en entier. Rien ne s’est passé.
web-trouble-not_found = Il n’y a rien ici
web-trouble-not_found-why = L’adresse de cette page est mal saisie, ou la page a été retirée. Rien ne s’est passé.
web-trouble-unreadable = Nous n’avons pas pu lire cela
web-trouble-unreadable-why = Le formulaire est arrivé en morceaux, nous n’en avons donc rien gardé. Revenez en arrière et envoyez-le encore une fois.
web-trouble-method = Cela ne marche pas ainsi
web-trouble-method-why = Cette page a été appelée d’une façon qu’elle ne connaît pas. Ouvrez-la depuis l’e-mail ou le formulaire. Rien ne s’est passé.
web-trouble-slow = Cela a pris trop de temps
web-trouble-slow-why = Le formulaire n’est pas arrivé à temps, nous n’en avons donc rien gardé. Envoyez-le encore une fois.
web-trouble-too_large = C’était trop d’un coup
web-trouble-too_large-why = Il en est arrivé plus que ce formulaire ne peut contenir, nous n’en avons donc rien gardé. Remplissez-le de nouveau.
web-trouble-unsupported = Ce n’était pas notre formulaire
web-trouble-unsupported-why = Ce qui est arrivé n’a pas été envoyé comme un formulaire, nous n’en avons donc rien gardé. Utilisez la page elle-même.
web-trouble-too_many = Un instant, s’il vous plaît
web-trouble-too_many-why = { $seconds ->
    [one] Beaucoup de choses arrivent de votre réseau. Réessayez dans une seconde ; rien n’a été enregistré.
   *[other] Beaucoup de choses arrivent de votre réseau. Réessayez dans { $seconds } secondes ; rien n’a été enregistré.
 }
web-trouble-busy = Nous n’avons pas pu l’enregistrer à l’instant
web-trouble-busy-why = Pour le moment, notre registre ne peut pas être écrit. Rien n’est perdu et rien n’est fait à moitié : réessayez dans une minute.
web-trouble-again = Réessayer
web-trouble-fault = Quelque chose s’est cassé chez nous
web-trouble-fault-why = Ce n’est pas de votre faute. Ce que vous avez fait avant compte toujours ; ce que vous venez de faire, peut-être pas. Réessayez, s’il vous plaît.
web-trouble-signup = Aller au formulaire d’inscription
web-trouble-leave = Les liens pour partir n’expirent jamais.
web-trouble-write = Une personne vous aide ici : { $address }.

# Politique de confidentialité
web-notice-version = Version { $version }, en vigueur depuis le { $date }.

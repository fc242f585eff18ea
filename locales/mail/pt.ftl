# Dates
month-1 = janeiro
month-2 = fevereiro
month-3 = março
month-4 = abril
month-5 = maio
month-6 = junho
month-7 = julho
month-8 = agosto
month-9 = setembro
month-10 = outubro
month-11 = novembro
month-12 = dezembro
weekday-1 = segunda-feira
weekday-2 = terça-feira
weekday-3 = quarta-feira
weekday-4 = quinta-feira
weekday-5 = sexta-feira
weekday-6 = sábado
weekday-7 = domingo
date = { $day } de { $month } de { $year }
date-weekday = { $weekday }, { $day } de { $month } de { $year }
footer-change = Mudar o que recebe
footer-leave = Sair

# Por baixo de cada carta
footer-contact = Escreva-nos
footer-privacy = Aviso de privacidade

# Porque chega
reason-form = Disse que sim { $on } em { $place }.
reason-page = Disse que sim { $on } na página do seu endereço.
reason-counter = Inscreveu-se { $on } com o cartão do balcão.
reason-event = Inscreveu-se { $on } em «{ $name }».
reason-import = Disse que sim { $on }; consta na lista «{ $name }», que trouxemos connosco.
reason-partner = Disse que sim { $on } através de { $name }.
reason-customer = Comprou-nos algo { $on }, e podemos escrever-lhe sobre coisas parecidas.
reason-implied = Esteve em contacto connosco { $on }, por isso podemos escrever-lhe.
reason-told = Avisámos { $on } que esta carta viria, e não disse que não.
reason-interest = Escrevemos-lhe por causa do seu trabalho. O seu endereço chegou-nos { $on }.
reason-promise = { $purpose }: { $frequency }.
reason-ways = Em baixo pode mudar ou sair.
small-words = cada, todos, todas, uma, um, duas, dois, cerca, até, só, quando, nunca, não, semanalmente, mensalmente, no, à, às, ao, aos, a, o

# On a date; a date with its time
on-date = { $day ->
   *[other] a { $date }
 }
at-time = { $on } às { $time }

confirm-subject = Confirme, por favor: cartas de { $brand }
confirm-preview = Um clique e escrevemos-lhe. Se não fizer nada, não chega nada.
confirm-title = Um clique e escrevemos-lhe
confirm-lead = Isto foi assinalado { $when } em { $place }. Foi você, e quer mesmo?
confirm-button = Sim, escrevam-me
confirm-until = O botão perde a validade { $when }. Se não fizer nada, não chega nada.
confirm-reason = Recebe só este e-mail porque alguém escreveu este endereço no nosso formulário. Se não foi você, carregue em «{ $label }»: durante 30 dias não chega outro.
confirm-not-me = Não fui eu

welcome-subject = Boas-vindas de { $brand }
welcome-preview = O que chega, e com que frequência.
welcome-title = Que bom ter-nos encontrado
welcome-lead = Disse que sim. É isto que lhe chega a partir de agora:
welcome-change = É demasiado, ou prefere outra coisa? Aqui escolhe:

already-subject = Já recebe as nossas cartas
already-preview = Nada mudou. Aqui vê o que chega.
already-title = Já recebe as nossas cartas
already-lead = Este endereço foi escrito { $when } no formulário de { $place }. Já está connosco: não há nada a confirmar e nada mudou.
already-ask = Se queria outra coisa, aqui está o que recebe e o que pode acrescentar.
already-button = Ver o que recebe
already-reason = Recebe só este e-mail porque alguém escreveu este endereço no nosso formulário. Se não foi você, não faça nada.

added-subject = Confirme, por favor: mais uma coisa de { $brand }
added-preview = Um clique e fica acrescentado. Tudo o resto fica como está.
added-title = Um clique e fica acrescentado
added-lead = Pediu isto { $when }:
added-button = Sim, acrescentem
added-until = O botão perde a validade { $when }. Acrescenta só isto; tudo o resto fica como está. Se não foi você, não faça nada.
back-subject = Confirme, por favor: volta a chegar
back-preview = Um clique e volta. Tudo o resto fica como está.
back-title = Um clique e volta
back-lead = Pediu para receber isto outra vez { $when }:
back-button = Sim, quero de volta
added-reason = Recebe só este e-mail porque foi acrescentada uma escolha na página deste endereço.

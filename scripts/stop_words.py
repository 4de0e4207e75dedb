"""Function words of many languages, written down by hand: what tells a sentence from a menu."""

STOPS = """
the of and to in a is that for it as was with be by on not he his but at are this have from or had an they which you
were her all she there would their we him been has when who will more no if out so said what up its about into than
them can only other new some could time these two may then do first any my now such like our over me even most made
after also did many before must through where much your way well down should because each just those people how too
der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er hat dass sie
nach wird bei einer um am sind noch wie einem über einen so zum war haben nur oder aber vor zur bis mehr durch man
sein wurde sei ihr seine kann wenn unter ihre gegen vom schon wir ich diese was
de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce il sont avec son aux mais comme
ou si leur y dont elle deux ces ont cette nous sa fait être même on entre sans tout après lui bien où été avait peu je
de la que el en y a los se del las un por con no una su para es al lo como más o pero sus le ha me sin sobre este ya
entre cuando todo esta ser son dos también fue había era muy años hasta desde está mi porque qué sólo han yo hay vez
puede todos así nos ni parte tiene él uno donde bien tiempo mismo ese ahora
de a o que e do da em um para é com não uma os no se na por mais as dos como mas foi ao ele das tem à seu sua ou ser
quando muito há nos já está eu também só pelo pela até isso ela entre era depois sem mesmo aos ter seus quem nas me
esse eles estão você tinha foram essa num nem suas meu às minha
di e il la che in a per un è del le con i si da non una dei al della sono nel più gli ha anche come alla delle ma lo
su dal o se ai questo ed cui era dalla tra ci nella stato essere degli ancora dopo sua suo due fatto prima loro
de van het een en in is dat op te zijn met voor niet aan er om ook als dan maar bij uit door over nog naar tot wel
worden heeft ze hij werd meer al of hun geen deze we die was kan zou
och i att det som en på är av för med till den har de inte om ett han men var jag från vi så kan man när hade nu där
sig eller efter hon ut under vid då mot skulle sin
og i det at en den til er som på de med han av for ikke der var et har om jeg men ham hun sig blev kan fra så ved hvor
eller når efter vi også skal vil mot sin etter
ja on ei se että oli hän mutta ovat kun myös niin mukaan kuin joka tai jo ole sen olla nyt hänen ollut vain siitä voi
w i na z się do nie że to jest o jak po a co ale za od są przez jego był dla przy tak czy jej tylko już może być oraz
które ich który tym było roku tego ten ze także
v a se na je že s z do to o i ve k pro si ale by jsou za po jako od jeho nebo až který která jen také byl při jsem tak
podle
az a és hogy nem is egy ez meg azt csak már még de volt ki el ha vagy mint szerint lehet után ezt
și în de la cu a nu pe din care o să este mai că pentru au fost fi ce sau dar într prin după sunt lui
ve bir bu da de için ile çok olarak daha gibi olan ne var en kadar sonra ama o ise ancak göre mi her ya değil diye bin
oldu
dan yang di itu dengan untuk tidak ini dari dalam akan pada juga ke karena tersebut bisa ada mereka lebih kata tahun
oleh saat sudah saya atau telah adalah kami
và của là có trong được cho các không một với những người đã này khi để đến ở về từ cũng như theo ra nhiều
ng sa na ang mga at ay si ni para ito kung nang hindi isang
wa na ya kwa ni katika za la cha kuwa hiyo huo huyo alisema baada pia hivyo kama vya wakati
da ta a na ne ya cikin ba wani mai ga su kan an wata
και το να του η της με που την από για είναι τα τον στο οι δεν στην σε τους ότι θα μας ένα μια αλλά όπως αυτό
и в не на я что он с как это по но к у из за от так же все она было о был для бы мы его а только если или их при уже
до том также после
і в на не що з до як за та це у про від але для його він я був вони або також по при буде які який
и на в да се за не от е са с по как че до си това като или но след
и у је да се на за од су са не као што али би до
في من على إلى أن عن هذا التي مع كان ما لا هذه الذي بعد قد لم ذلك بين كل حيث هو هي أو كما عند ثم وقد خلال قال و أنه
در به از که این را با است برای آن یک خود تا بر هم نیز شد شده می هر او اما
کے کی میں اور ہے سے کا کو اس نے کہ یہ پر ہیں بھی ہو ایک وہ تھا نہیں ان جو تو کر گیا
של את על לא הוא עם זה כי גם או היא אל יש כל אבל בין הם מה
के में की है और से को का ने यह पर कि भी हैं एक इस नहीं लिए हो कर था जो या तो
এবং এই করে থেকে তার জন্য না করা হয় ও একটি যে কিন্তু এর
ஒரு என்று இந்த மற்றும் அந்த என இது
他们 一个 我们 没有 自己 这个 ある いる する です ます から こと まで なら
"""

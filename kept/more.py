M='''
en las tiendas de [alum rock]
por el [canal en san rafael]
estoy cerca del [coliseum]
por aca x [el coliseum]
x [el metro]
por [soma]
en [barrio logan en san diego]
por donde esta la [taqueria cancun]
vivo en [la calle san carlos 345]
[calle 24 numero 3012]
[calle ocho y la 27]
estoy en el [hospital st lukes]
afuera de emergencias del [hospital county]
en la sala de espera del [hospital highland]
en el piso de [la 18 y castro]
en la banqueta de [la 21 y capp]
en el callejon atras de [la 14]
sentado en la banca de [la parada de la 22]
en la esquina de [la mission con la 29]
en el semaforo de [alemany y geneva]
en la puerta del [walgreens de la 24]
en un cuarto en [la calle eddy]
en el garaje de mi prima en [bayview]
en el sotano de una casa en [la excelsior]
a la vuelta del [mercado mi pueblo]
a media cuadra de [la 16 y guerrero]
a dos cuadras de [la biblioteca de la cesar chavez]
por el rumbo de [la alameda]
por los rumbos de [hegenberger]
del lado de [la bayshore]
pegado al [freeway 101]
abajo del [freeway en la 5]
debajo del [puente de la high]
entrando a [watsonville]
saliendo de [gilroy]
llegando a [salinas]
camino a [hollister] pero estoy en el carro
rumbo a [la salida de la 880]
por la salida de [la 280 y monterey]
en el rancho por [soledad]
en el fil de fresa en [oxnard]
en los files de [salinas]
en el campo de [arvin]
en el labor camp de [king city]
en la traila por [mecca]
en un motel en [la story]
en el [motel 6 de la monterey]
en el [super 8 de hayward]
en [la iglesia santa maria]
en [la iglesia bautista de la 30]
en [la iglesia del padre tomas]
en [la plaza del sol]
en [la plaza mexico]
en [la pulga de berryessa]
en [el flea market de san jose]
en [el food 4 less de la story]
en [el cardenas de la high]
en [el mi tierra de la 23]
en [la escuela sanchez]
en [la primaria garfield]
en [la prepa de watsonville]
en [el kinder de la 25]
en [el city college de la phelan]
en [la biblioteca central]
en [la biblioteca publica de stockton]
en [el centro de la mission]
en [el centro de fresno]
en [downtown san jose]
en [la estacion de la 24]
en [el bart de san leandro]
en [el caltrain de la 4]
en [la terminal del greyhound en oakland]
en [la parada del 14 en la 20]
en [el lago merritt]
por [el rio de santa cruz]
en [el parque de la 26 y treat]
en [el parque san jacinto]
en [el parque mosswood] con mis hijos
en [el parque raymond kimbell] desde ayer
en [la 6ta y mission] ahorita
en [la tercera y palou] porfa
por [la cuarta y market] hoy en la noche
por [la 98 y international] con mi bebe
en [la 81 y bancroft] sin carro
en [hunters point] y no tengo en que moverme
en [visitacion valley] hace un mes
en [east san jose] con mi mama
en [el este de oakland]
en [el sur de san francisco]
en [el norte de richmond]
en [el condado de marin]
en [el condado de santa clara]
somos de [east palo alto]
soy de [la villa]
nos quedamos en [antioch] con una amiga
me quedo en [concord] donde mi tia
ahorita ando en [pittsburg] buscando trabajo
ya me movi a [vallejo]
me cambie para [el cerrito]
mi zona es [la ingleside]
mi barrio es [la portola]
mi codigo no lo se pero es por [la silver]
no se el zip pero es [daly city]
no se la direccion, es por [la felton y san bruno]
es en [san pablo], por la clinica
[san rafael], cerca del canal
[redwood city], en mi carro
[la mission], por la 24
cerca de aqui
aqui mismo donde estoy
por aca cerca
por mi casa
en la casa de mi hermana
en casa de una amiga por ahora
ahorita en el carro con los niños
en el trabajo hasta las 5
en mi cuarto
no muy lejos de aqui
a donde sea que haya lugar
lo mas cerca que se pueda
por ahi no mas
en la calle, donde me agarre la noche
en el cuarto de un amigo
mi nombre es Juan Perez
soy Maria Lopez, la que escribio ayer
mi hijo se llama Jose Antonio
'''.strip().split('\n')
import re
def rows():
    out=[]
    for m in M:
        x=re.search(r'\[([^\]]+)\]',m)
        if x:
            t=m.replace('[','').replace(']','');out.append((t,[(x.start(),x.start()+len(x.group(1)))],x.group(1)))
        else: out.append((m,[],None))
    return out
if __name__=='__main__':
    for t,s,p in rows(): print(f"inform\tes\t{t}\t"+(f"place={p}" if p else ''))
